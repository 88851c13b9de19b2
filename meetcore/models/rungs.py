"""Loads models for the best mode (rung) there is: full, words only, recording only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from meetcore.asr.recognizer import Recognizer
from meetcore.diarization.diarizer import Diarizer
from meetcore.diarization.registry import DIARIZERS
from meetcore.installation import command
from meetcore.models.first_that_loads import Choice, first_that_loads
from meetcore.models.lighter_recognizer import LighterRecognizers
from meetcore.models.live_recognizers import lighter_than, live_for, multilingual_beside
from meetcore.models.loaders import Loaders, loaders_for, with_stand_in
from meetcore.models.spoken_languages import MultilingualRecognizer, first_that_writes
from meetcore.models.weight_sizes import local_recognizer
from meetcore.records import Mode, ModelsInUse, RungLeft
from meetcore.settings import Settings
from meetcore.thread_counts import limit_blas_threads
from meetcore.weights.names import WITHOUT_FILES

__all__ = [
    "LoadedModels",
    "Loaders",
    "find_diarizer",
    "load_final_recognizer",
    "load_models",
    "loaders_for",
]


@dataclass(frozen=True, slots=True)
class LoadedModels:
    """The models that could be loaded, and the record that describes them."""

    models: ModelsInUse
    live: Recognizer | None = None
    final: Recognizer | None = None
    diarizer: Diarizer | None = None
    lighter: LighterRecognizers | None = None
    """For live words while the machine is busy; None below the rungs with words."""
    multilingual: MultilingualRecognizer | None = None
    """For live words in languages that `live` cannot write; None where it writes many."""


@dataclass(frozen=True, slots=True)
class _Recognizers:
    """The recognizers of both passes, and what replaced what."""

    live: Recognizer | None = None
    final: Recognizer | None = None
    notes: tuple[str, ...] = ()
    replaced_settings: tuple[str, ...] = ()
    why_none: str = ""


def load_models(settings: Settings, loaders: Loaders) -> LoadedModels:
    """The best models that can be loaded; one that cannot is replaced, and nothing is raised."""
    # Torch's first import takes seconds, mostly without the GIL: load both kinds in parallel.
    with ThreadPoolExecutor(1, thread_name_prefix="load-diarizer") as pool:
        pending = pool.submit(find_diarizer, settings.diarizer, loaders)
        words = _find_recognizers(settings, loaders)
        speakers = pending.result()
    limit_blas_threads()
    if words.live is None or words.final is None:
        return LoadedModels(_recording_only(words, speakers, settings))
    notes, replaced = list(words.notes), words.replaced_settings
    lost = speakers.model is None
    if speakers.model is not None and speakers.reasons:
        notes.append(f"{speakers.reasons_text} Open weights tell speakers apart instead.")
        replaced += ("diarizer",)
    left = (RungLeft(Mode.FULL, speakers.reasons_text, _remedy(settings.diarizer)),)
    models = ModelsInUse(
        mode=Mode.TRANSCRIPTION_ONLY if lost else Mode.FULL,
        live_recognizer=str(words.live.info),
        final_recognizer=str(words.final.info),
        diarizer=speakers.model.name if speakers.model else "",
        reason=" ".join([speakers.reasons_text, *notes] if lost else notes) or _summary(words),
        rungs_left=left if lost else (),
        replaced_settings=replaced,
        languages=words.live.info.languages,
    )
    return LoadedModels(
        models,
        words.live,
        words.final,
        speakers.model,
        lighter_than(words.live, loaders),
        multilingual_beside(words.live, loaders),
    )


def load_final_recognizer(
    weight: str, loaders: Loaders, threads: int = 0, language: str | None = None
) -> Choice[Recognizer]:
    """The recognizer of the second pass; where it fails, or cannot write the languages, another.

    Parameters
    ----------
    language : code of the language to be written, several with commas between; None for any
    """
    return first_that_writes(
        language, with_stand_in(weight, language), lambda name: loaders.recognizer(name, threads)
    )


def find_diarizer(setting: str, loaders: Loaders) -> Choice[Diarizer]:
    """The diarizer of a setting; where it fails, the open weights."""
    default = next(iter(DIARIZERS))
    choices = [setting] if setting in ("auto", default, "off") else [setting, default]
    return first_that_loads(choices, loaders.diarizer)


def _summary(words: _Recognizers) -> str:
    """The sentence about both recognizers where nothing was replaced."""
    assert words.live is not None and words.final is not None
    live, final = words.live.info.weight, words.final.info.weight
    if live == final:
        return f"{live} writes live and the final transcript."
    return f"{live} writes live, {final} the final transcript."


def _recording_only(
    words: _Recognizers, speakers: Choice[Diarizer], settings: Settings
) -> ModelsInUse:
    """The record of the lowest rung: without words there are no speakers of them either."""
    last = with_stand_in(local_recognizer(settings), settings.language)[-1]
    remedy = command(f"weights pull {last}")
    full = " ".join(filter(None, (words.why_none, "" if speakers.model else speakers.reasons_text)))
    return ModelsInUse(
        Mode.RECORDING_ONLY,
        reason=words.why_none,
        rungs_left=(
            RungLeft(Mode.FULL, full, remedy),
            RungLeft(Mode.TRANSCRIPTION_ONLY, words.why_none, remedy),
        ),
    )


def _remedy(diarizer: str) -> str:
    """What to do where there is no diarizer."""
    if diarizer == "off":
        return "MEETCORE_DIARIZER=auto"
    return command("weights pull segmentation-3.0 campplus")


def _find_recognizers(settings: Settings, loaders: Loaders) -> _Recognizers:
    """The recognizers of both passes; where one fails, that of the smallest weight."""
    final = load_final_recognizer(local_recognizer(settings), loaders, language=settings.language)
    if final.model is None:
        return _Recognizers(why_none=final.reasons_text)
    notes = [f"{reason} {final.name} is used instead." for reason in final.reasons]
    replaced_settings: tuple[str, ...] = ("recognizer",) if final.reasons else ()
    # What is no weight of this machine writes recordings only.
    if settings.live_recognizer in ("auto", *WITHOUT_FILES):
        live, found = live_for(final.model, final.name, loaders)
        return _Recognizers(live, final.model, (*notes, *found), replaced_settings)
    chosen = first_that_writes(
        settings.language,
        with_stand_in(settings.live_recognizer, settings.language),
        lambda weight: loaders.recognizer(weight, 1),
    )
    stand_in = chosen.name or final.name
    notes += [f"{reason} {stand_in} writes live instead." for reason in chosen.reasons]
    if chosen.reasons:
        replaced_settings += ("live_recognizer",)
    return _Recognizers(chosen.model or final.model, final.model, tuple(notes), replaced_settings)
