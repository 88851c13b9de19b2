"""Loads models for the best mode (rung) there is: full, words only, recording only."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from meetcore.asr.recognizer import RecognizeOptions, Recognizer
from meetcore.asr.registry import load_recognizer
from meetcore.asr.remote.request import RemoteServer
from meetcore.asr.streaming.options import StreamingOptions
from meetcore.diarization.diarizer import Diarizer
from meetcore.diarization.registry import DIARIZERS, load_diarizer
from meetcore.errors import MeetcoreError
from meetcore.installation import command
from meetcore.models.falling_back import FallingBackRecognizer
from meetcore.models.first_that_loads import Choice, first_that_loads
from meetcore.models.lighter_recognizer import LighterRecognizer, LighterRecognizers
from meetcore.models.spoken_languages import MultilingualRecognizer, first_that_writes
from meetcore.models.weight_sizes import (
    SMALLEST_WEIGHT,
    local_recognizer,
    smaller_multilingual,
)
from meetcore.records import SAMPLE_RATE, Mode, ModelsInUse, RungLeft
from meetcore.settings import Settings
from meetcore.text.languages import MULTILINGUAL_WEIGHT, is_english_only, why_unspoken
from meetcore.thread_counts import limit_blas_threads
from meetcore.weights.names import REMOTE
from meetcore.weights.resolver import WeightResolver

logger = logging.getLogger(__name__)

MAX_DECODE_SHARE = 0.5
"""Share of a step that a live decode may take; the rest is for diarization and other meetings."""


@dataclass(frozen=True, slots=True)
class Loaders:
    """The functions that load models; tests replace them to make a rung fail."""

    recognizer: Callable[[str, int], Recognizer]
    """The recognizer of a weight with so many CPU threads; raises ModelUnavailableError."""
    diarizer: Callable[[str], Diarizer]
    """The diarizer of a setting; raises ModelUnavailableError."""
    step_seconds: Callable[[Recognizer], float]
    """Seconds one live decode takes on this machine."""


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


def loaders_for(settings: Settings, resolver: WeightResolver) -> Loaders:
    """Loaders of the real models."""
    token = settings.hf_token.get_secret_value() if settings.hf_token else None

    def diarizer(setting: str) -> Diarizer:
        return load_diarizer(
            setting,
            resolver,
            hf_token=token,
            device=settings.device,
            trusted=settings.trusted_checkpoints,
        )

    key = settings.remote_key.get_secret_value() if settings.remote_key else ""
    url = settings.remote_url
    server = RemoteServer(url, settings.remote_model, key) if url else None

    def recognizer(weight: str, threads: int) -> Recognizer:
        if weight == REMOTE:
            remote = load_recognizer(REMOTE, resolver, remote=server)
            return FallingBackRecognizer(
                remote, lambda language: recognizer(_with_stand_in(REMOTE, language)[1], threads)
            )
        return load_recognizer(
            weight,
            resolver,
            engine=settings.engine,
            device=settings.device,
            threads=settings.threads or threads,
            # All live meetings share one recognizer: as many parallel decodes as there are cores.
            workers=max(1, (os.cpu_count() or 1) // threads) if threads else 1,
        )

    return Loaders(recognizer, diarizer, measure_decode_seconds)


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
        _lighter_than(words.live, loaders),
        _multilingual_beside(words.live, loaders),
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
        language, _with_stand_in(weight, language), lambda name: loaders.recognizer(name, threads)
    )


def _with_stand_in(weight: str, language: str | None) -> tuple[str, ...]:
    """A weight, and a small one that surely writes what is spoken: English alone, or all of it.

    A server's model is replaced by the usual weight first.
    """
    if weight == REMOTE:
        english = language in (None, "en")
        usual = str(Settings.model_fields["recognizer"].default)
        return (weight, *_with_stand_in(usual if english else MULTILINGUAL_WEIGHT, language))
    english = language == "en" or (language is None and is_english_only(weight))
    return weight, SMALLEST_WEIGHT if english else MULTILINGUAL_WEIGHT


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
    last = _with_stand_in(local_recognizer(settings), settings.language)[-1]
    needs_other = bool(why_unspoken(settings.language, last))
    remedy = command(f"weights pull {MULTILINGUAL_WEIGHT if needs_other else last}")
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
    if settings.live_recognizer == "auto":
        live, found = _live_for(final.model, final.name, loaders)
        return _Recognizers(live, final.model, (*notes, *found), replaced_settings)
    chosen = first_that_writes(
        settings.language,
        _with_stand_in(settings.live_recognizer, settings.language),
        lambda weight: loaders.recognizer(weight, 1),
    )
    stand_in = chosen.name or final.name
    notes += [f"{reason} {stand_in} writes live instead." for reason in chosen.reasons]
    if chosen.reasons:
        replaced_settings += ("live_recognizer",)
    return _Recognizers(chosen.model or final.model, final.model, tuple(notes), replaced_settings)


def _live_for(
    final: Recognizer, weight: str, loaders: Loaders
) -> tuple[Recognizer, tuple[str, ...]]:
    """A live recognizer of the final weight where it is fast enough, else of a smaller one.

    Live recognizers run on one thread each; on a GPU one copy serves both passes. The notes say
    what replaced what.
    """
    if final.info.device == "cuda":
        return final, ()
    same = first_that_loads((weight,), lambda name: loaders.recognizer(name, 1))
    if same.model is None:
        return final, (f"{same.reasons_text} One copy of {weight} serves both passes.",)
    live = same.model
    english = final.info.languages == ("en",)
    lesser = SMALLEST_WEIGHT if english else smaller_multilingual(final.info.weight)
    if lesser in ("", weight):
        return live, ()
    step = StreamingOptions().step
    try:
        took = loaders.step_seconds(live)
    except MeetcoreError:
        logger.exception("the speed of %s could not be measured", weight)
        return live, ()
    if took <= MAX_DECODE_SHARE * step:
        return live, ()
    smaller = first_that_loads((lesser,), lambda name: loaders.recognizer(name, 1))
    if smaller.model is None:
        return live, (f"{weight} is slow here, and {smaller.reasons_text}",)
    live.close()
    return smaller.model, (
        f"{weight} would take {took:.2f} s for every {step:g} s of talk on this machine, so"
        f" {lesser} writes live and {weight} the final transcript.",
    )


def _lighter_than(live: Recognizer, loaders: Loaders) -> LighterRecognizers:
    """Smaller weights for English and for any language, loaded when they are needed."""

    def lighter(weight: str) -> LighterRecognizer:
        return LighterRecognizer(lambda: loaders.recognizer(weight, 1))

    name = live.info.weight
    other = smaller_multilingual(name)
    is_smallest = name in (SMALLEST_WEIGHT, SMALLEST_WEIGHT.removesuffix(".en"))
    return LighterRecognizers(
        None if is_smallest else lighter(SMALLEST_WEIGHT), lighter(other) if other else None
    )


def _multilingual_beside(live: Recognizer, loaders: Loaders) -> MultilingualRecognizer | None:
    """The multilingual weight, loaded when a meeting needs it; None where `live` is one."""
    if len(live.info.languages) > 1:
        return None
    return MultilingualRecognizer(lambda: loaders.recognizer(MULTILINGUAL_WEIGHT, 1))


def measure_decode_seconds(recognizer: Recognizer) -> float:
    """Seconds that a live decode of an 8 s window takes on this machine; the best of three."""
    noise = np.random.default_rng(0).normal(0.0, 0.05, 8 * SAMPLE_RATE).astype(np.float32)
    options = RecognizeOptions(language="en", context=10.0, max_new_tokens=16)
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        recognizer.recognize(noise, options)
        times.append(time.perf_counter() - begin)
    return min(times)
