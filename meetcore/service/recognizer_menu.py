"""The recognizers that can be chosen for a recording, with what each costs on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from meetcore.jobs.remaining_time import Speeds
from meetcore.models.measured_speed import expected_speed, measured_speeds, work
from meetcore.models.weight_sizes import usual_recognizer
from meetcore.records import JobStage
from meetcore.settings import Settings
from meetcore.text.languages import NAMES, is_english_only, name_of
from meetcore.text.sizes import size_text
from meetcore.weights.catalogue import Shape, Weight
from meetcore.weights.names import BETTER, REMOTE, VOTERS
from meetcore.weights.resolver import WeightResolver

BETTER_QUALITY = "Better"


@dataclass(frozen=True, slots=True)
class Offer:
    """One recognizer to choose.

    `speed` is in seconds of audio per second, None where nothing was measured yet.
    """

    name: str
    """What JobOptions.recognizer takes."""
    quality: str
    """What people choose it by: "Quick", "Good", …"""
    languages: tuple[str, ...]
    weights: str
    """The names of its weights, or the server's model."""
    to_fetch: int = 0
    """Bytes that are fetched first; 0 where it is here."""
    is_size_exact: bool = True
    speed: float | None = None
    is_measured: bool = False
    """Whether `speed` is its own, not an estimate from another weight's."""
    host: str = ""
    """Where audio is sent; empty for this machine."""

    @property
    def size_text(self) -> str:
        """What is fetched first, in words; empty where nothing is."""
        about = "" if self.is_size_exact else "about "
        return about + size_text(self.to_fetch) if self.to_fetch else ""

    @property
    def needs_gpu(self) -> bool:
        """Whether a recording takes longer than it is long."""
        return self.speed is not None and self.speed < 1.0

    @property
    def speed_text(self) -> str:
        """How fast it is here, in words; empty where that is not known.

        >>> Offer("x", "Good", ("en",), "x", speed=11.6, is_measured=True).speed_text
        'about 12 × real time here'
        >>> Offer("x", "Best", ("en",), "x", speed=0.41).speed_text
        'needs a GPU: about 0.4 × real time here (an estimate)'
        """
        if self.speed is None:
            return ""
        times = f"{self.speed:.0f}" if self.speed >= 9.5 else f"{self.speed:.1f}".removesuffix(".0")
        needs = "needs a GPU: " if self.needs_gpu else ""
        estimate = "" if self.is_measured else " (an estimate)"
        return f"{needs}about {times} × real time here{estimate}"


def languages_text(codes: tuple[str, ...]) -> str:
    """The language, or how many; empty for none.

    >>> languages_text(("en",)), languages_text(("en", "de")), languages_text(())
    ('English', '2 languages', '')
    """
    return name_of(codes[0]) if len(codes) == 1 else f"{len(codes)} languages" if codes else ""


def recognizer_menu(settings: Settings, resolver: WeightResolver) -> tuple[Offer, ...]:
    """All that can be chosen: the catalogue's weights by their cost, several together, a server."""
    speeds = _Speeds(settings, resolver)
    chosen = [each for each in resolver.catalogue.weights.values() if each.quality]
    chosen.sort(key=lambda weight: (work(weight.shape) if weight.shape else 0.0, weight.languages))
    offers = [_offer(weight, resolver, speeds) for weight in chosen]
    together = _together(offers, resolver)
    return (*offers, *together, *_remote(settings))


def usual_offer(offers: tuple[Offer, ...], settings: Settings, resolver: WeightResolver) -> Offer:
    """What is used where nothing is chosen; a path is one of no quality, with its last part."""
    name = usual_recognizer(settings, resolver)
    known = next((each for each in offers if each.name == name), None)
    if known is not None:
        return known
    weight = resolver.catalogue.weights.get(name)
    shown = name.rstrip("/").rpartition("/")[2]
    languages = ("en",) if is_english_only(name) else ()
    return Offer(name, "", weight.languages if weight else languages, shown)


class _Speeds:
    """Seconds per second of audio: of jobs or measured, else estimated."""

    def __init__(self, settings: Settings, resolver: WeightResolver) -> None:
        jobs, timed = Speeds(settings.data_dir / "speeds.json"), measured_speeds(settings).read()
        self._known: dict[str, float] = {}
        for name in resolver.catalogue.weights:
            # A job beside other work takes longer than the machine needs: the shorter time counts.
            found = filter(None, (jobs.get(JobStage.RECOGNIZING, name), timed.get(name)))
            if fastest := min(found, default=None):
                self._known[name] = fastest
        self._by_shape: Mapping[Shape, float] = {
            weight.shape: self._known[name]
            for name, weight in resolver.catalogue.weights.items()
            if weight.shape and name in self._known
        }

    def of(self, weight: Weight) -> tuple[float | None, bool]:
        """The speed, and whether it was measured."""
        if weight.name in self._known:
            return self._known[weight.name], True
        return expected_speed(weight.shape, self._by_shape) if weight.shape else None, False


def _offer(weight: Weight, resolver: WeightResolver, speeds: _Speeds) -> Offer:
    seconds, is_measured = speeds.of(weight)
    return Offer(
        weight.name,
        weight.quality,
        weight.languages,
        weight.name,
        0 if resolver.cached(weight.name) else weight.expected_size,
        bool(weight.size),
        1.0 / seconds if seconds else None,
        is_measured,
    )


def _together(offers: list[Offer], resolver: WeightResolver) -> list[Offer]:
    """The weights that vote, as one offer; none where the catalogue lacks one of them."""
    parts = [each for name in VOTERS for each in offers if each.name == name]
    if len(parts) < len(VOTERS):
        return []
    speeds = [each.speed for each in parts]
    known = [speed for speed in speeds if speed is not None]
    return [
        Offer(
            BETTER,
            BETTER_QUALITY,
            parts[0].languages,
            ", ".join(each.name for each in parts),
            sum(each.to_fetch for each in parts),
            all(each.is_size_exact for each in parts),
            1.0 / sum(1.0 / speed for speed in known) if len(known) == len(parts) else None,
            all(each.is_measured for each in parts),
        )
    ]


def _remote(settings: Settings) -> list[Offer]:
    """The server of the settings; none where it is not set."""
    if not settings.remote_url:
        return []
    host = urlsplit(settings.remote_url).netloc
    return [Offer(REMOTE, "On a server", tuple(NAMES), settings.remote_model, host=host)]
