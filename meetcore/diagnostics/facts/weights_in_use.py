"""Reports on the weights that the settings use: files, checksums, and what wrote them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from meetcore.checkpoints.inspect import inspect_checkpoint
from meetcore.diagnostics.findings import FileState, Verdict, WeightReport
from meetcore.diarization.open_diarizer import EMBEDDING_WEIGHT, SEGMENTATION_WEIGHT
from meetcore.models.weight_sizes import live_choices, local_recognizer
from meetcore.settings import Settings
from meetcore.text.languages import is_english_only
from meetcore.weights.resolver import CacheState, WeightResolver


@dataclass(frozen=True, slots=True)
class Use:
    """A weight, by name or path, and what it is used for."""

    name: str
    role: str


def uses(settings: Settings) -> tuple[Use, ...]:
    """The weights loaded with these settings, in the order of the page."""
    final = local_recognizer(settings)
    found = [Use(final, "second pass")]
    if settings.live_recognizer == "auto":
        first, *others = live_choices(final, english=is_english_only(final))
        found.append(Use(first, "while people talk"))
        found += [Use(name, "while people talk, where the other is too slow") for name in others]
    elif settings.live_recognizer != final:
        found.append(Use(settings.live_recognizer, "while people talk"))
    if settings.diarizer != "off":
        found.append(Use(SEGMENTATION_WEIGHT, "who speaks when"))
        found.append(Use(EMBEDDING_WEIGHT, "voices"))
    merged: dict[str, Use] = {}
    for use in found:
        known = merged.get(use.name)
        merged[use.name] = Use(use.name, f"{known.role}; {use.role}") if known else use
    return tuple(merged.values())


def report(
    settings: Settings,
    resolver: WeightResolver,
    *,
    rehash: bool = False,
    raise_if_stopped: Callable[[], None] = lambda: None,
) -> tuple[WeightReport, ...]:
    """A report of each weight in use.

    Parameters
    ----------
    rehash : bool
        Hash every file again instead of trusting an unchanged size and date.
    raise_if_stopped : callable
        Called before each weight; what it raises ends the work.

    Raises
    ------
    OSError
        The cache cannot be read or written; check its access rights.
    """
    return tuple(_reports(uses(settings), resolver, rehash, raise_if_stopped))


def _reports(
    wanted: Iterable[Use],
    resolver: WeightResolver,
    rehash: bool,
    raise_if_stopped: Callable[[], None],
) -> Iterable[WeightReport]:
    for use in wanted:
        raise_if_stopped()
        known = use.name in resolver.catalogue.weights
        yield _catalogued(use, resolver, rehash) if known else _given(use, resolver)


def _catalogued(use: Use, resolver: WeightResolver, rehash: bool) -> WeightReport:
    weight = resolver.catalogue.weights[use.name]
    state, path = _state(use.name, resolver, rehash)
    notes = {
        FileState.MISSING: "It is not in the cache yet.",
        FileState.CORRUPT: "Its content differs from the published file.",
        FileState.CONVERTED: "Converted on this machine from a verified file.",
    }
    bad = state in (FileState.MISSING, FileState.CORRUPT)
    return WeightReport(
        name=use.name,
        role=use.role,
        state=state,
        size=weight.size,
        publisher=weight.publisher,
        licence=weight.licence,
        sha256=weight.files[0].sha256,
        checkpoint=inspect_checkpoint(path) if path else None,
        verdict=Verdict.RED if bad else Verdict.GREEN,
        note=notes.get(state, ""),
    )


def _state(name: str, resolver: WeightResolver, rehash: bool) -> tuple[FileState, Path | None]:
    path = None if rehash else resolver.cached(name)
    if path is None:
        found = resolver.verify(name)
        if found is not CacheState.VERIFIED:
            return FileState(found.value), None
        path = resolver.cached(name)
    converted = resolver.converted_from(name)
    return FileState.CONVERTED if converted else FileState.VERIFIED, path


def _given(use: Use, resolver: WeightResolver) -> WeightReport:
    path = Path(use.name).expanduser()
    if not path.exists():
        return WeightReport(
            use.name, use.role, FileState.MISSING, verdict=Verdict.RED, note="No such file."
        )
    found = inspect_checkpoint(path)
    if weight := resolver.published(path):
        return WeightReport(
            name=weight.name,
            role=use.role,
            state=FileState.VERIFIED,
            size=found.size,
            publisher=weight.publisher,
            licence=weight.licence,
            sha256=weight.files[0].sha256,
            checkpoint=found,
            note=f"Given by path: {path.name} is what was published.",
        )
    return WeightReport(
        name=path.name,
        role=use.role,
        state=FileState.GIVEN,
        size=found.size,
        checkpoint=found,
        verdict=Verdict.RED if found.trouble else Verdict.AMBER,
        note=found.trouble or "Given by path: there is no published checksum.",
    )
