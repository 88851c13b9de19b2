"""How models are loaded: one named step down at a time, each with its reason and its remedy."""

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
from meetcore.asr.streaming.recognizer import StreamingOptions
from meetcore.diarization.diarizer import Diarizer, load_diarizer
from meetcore.diarization.embedding import single_thread
from meetcore.errors import MeetcoreError
from meetcore.installation import command
from meetcore.models.fallback import Choice, first_that_holds
from meetcore.records import SAMPLE_RATE, Mode, ModelsInUse, RungLeft
from meetcore.settings import Settings
from meetcore.weights.resolver import WeightResolver

logger = logging.getLogger(__name__)

SMALLEST_WEIGHT = "tiny.en"
KEEPING_UP = 0.5
"""Share of a step that a decode may take on this machine; the rest is for speakers and others."""


@dataclass(frozen=True, slots=True)
class Loaders:
    """How models are loaded; tests replace them to break a rung on purpose."""

    recognizer: Callable[[str, int], Recognizer]
    """Weight and CPU threads to a recognizer; raises ModelUnavailableError."""
    diarizer: Callable[[str], Diarizer]
    """Setting to a diarizer; raises ModelUnavailableError."""
    step_seconds: Callable[[Recognizer], float]
    """Seconds one live decode takes on this machine."""


@dataclass(frozen=True, slots=True)
class Found:
    """The models that hold on this machine."""

    models: ModelsInUse
    live: Recognizer | None = None
    final: Recognizer | None = None
    diarizer: Diarizer | None = None


@dataclass(frozen=True, slots=True)
class _Words:
    """The recognizers of both passes, and what stood in for what."""

    live: Recognizer | None = None
    final: Recognizer | None = None
    notes: tuple[str, ...] = ()
    why_none: str = ""


def loaders_for(settings: Settings, resolver: WeightResolver) -> Loaders:
    """The real loaders."""
    token = settings.hf_token.get_secret_value() if settings.hf_token else None

    def diarizer(setting: str) -> Diarizer:
        single_thread()
        return load_diarizer(setting, resolver, hf_token=token, device=settings.device)

    def recognizer(weight: str, threads: int) -> Recognizer:
        return load_recognizer(
            weight,
            resolver,
            engine=settings.engine,
            device=settings.device,
            threads=settings.threads or threads,
            # Live meetings share one recognizer: as many decodes at once as there are cores.
            workers=max(1, (os.cpu_count() or 1) // threads) if threads else 1,
        )

    return Loaders(recognizer, diarizer, measure_step)


def find_models(settings: Settings, loaders: Loaders) -> Found:
    """The best models that hold; never raises for one that does not."""
    # Torch's first import takes seconds and holds little of the GIL: load both sides at once.
    with ThreadPoolExecutor(1, thread_name_prefix="load-diarizer") as pool:
        pending = pool.submit(find_diarizer, settings.diarizer, loaders)
        words = _find_recognizers(settings, loaders)
        speakers = pending.result()
    calm_blas()
    if words.live is None or words.final is None:
        return Found(_recording_only(words, speakers))
    notes = list(words.notes)
    if speakers.model is not None and speakers.reasons:
        notes.append(f"{speakers.why} Open weights tell speakers apart instead.")
    lost = speakers.model is None
    models = ModelsInUse(
        mode=Mode.TRANSCRIPTION_ONLY if lost else Mode.FULL,
        live_recognizer=str(words.live.info),
        final_recognizer=str(words.final.info),
        diarizer=speakers.model.name if speakers.model else "",
        reason=" ".join([speakers.why, *notes] if lost else notes) or _all_well(words),
        rungs_left=(RungLeft(Mode.FULL, speakers.why, _remedy(settings.diarizer)),) if lost else (),
        languages=words.live.info.languages,
    )
    return Found(models, words.live, words.final, speakers.model)


def find_final(weight: str, loaders: Loaders, threads: int = 0) -> Choice[Recognizer]:
    """The recognizer of the second pass; the smallest weight stands in for one that fails."""
    return first_that_holds(
        (weight, SMALLEST_WEIGHT), lambda name: loaders.recognizer(name, threads)
    )


def find_diarizer(setting: str, loaders: Loaders) -> Choice[Diarizer]:
    """Who tells speakers apart; open weights stand in for a pipeline that fails."""
    choices = [setting] if setting in ("auto", "open", "off") else [setting, "open"]
    return first_that_holds(choices, loaders.diarizer)


def _all_well(words: _Words) -> str:
    assert words.live is not None and words.final is not None
    live, final = words.live.info.weight, words.final.info.weight
    if live == final:
        return f"{live} writes live and the final transcript."
    return f"{live} writes live, {final} the final transcript."


def calm_blas() -> None:
    """Give numpy's BLAS one thread, for the whole process; call it once numpy is loaded.

    OpenBLAS keeps its other threads spinning after every product, and the mel spectrogram of a
    live decode is one. Measured on 2 quiet cores, one live meeting with speakers: 0.57 CPU-s per
    second of audio with two threads, 0.35 with one.
    """
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1, user_api="blas")


def _recording_only(words: _Words, speakers: Choice[Diarizer]) -> ModelsInUse:
    """Without words nobody can be told to have said them: both rungs are left."""
    remedy = command(f"weights pull {SMALLEST_WEIGHT}")
    full = " ".join(filter(None, (words.why_none, "" if speakers.model else speakers.why)))
    return ModelsInUse(
        Mode.RECORDING_ONLY,
        reason=words.why_none,
        rungs_left=(
            RungLeft(Mode.FULL, full, remedy),
            RungLeft(Mode.TRANSCRIPTION_ONLY, words.why_none, remedy),
        ),
    )


def _remedy(diarizer: str) -> str:
    if diarizer == "off":
        return "MEETCORE_DIARIZER=auto"
    return command("weights pull segmentation-3.0 campplus")


def _find_recognizers(settings: Settings, loaders: Loaders) -> _Words:
    """The live and the final recognizer; the smallest weight stands in for one that fails."""
    final = find_final(settings.recognizer, loaders)
    if final.model is None:
        return _Words(why_none=final.why)
    notes = [f"{reason} {final.name} is used instead." for reason in final.reasons]
    if settings.live_recognizer == "auto":
        live, found = _live_for(final.model, final.name, loaders)
        return _Words(live, final.model, (*notes, *found))
    chosen = first_that_holds(
        (settings.live_recognizer, SMALLEST_WEIGHT), lambda weight: loaders.recognizer(weight, 1)
    )
    stand_in = chosen.name or final.name
    notes += [f"{reason} {stand_in} writes live instead." for reason in chosen.reasons]
    return _Words(chosen.model or final.model, final.model, tuple(notes))


def _live_for(
    final: Recognizer, weight: str, loaders: Loaders
) -> tuple[Recognizer, tuple[str, ...]]:
    """The final weight on a live recognizer's one thread where that keeps up, else the smallest."""
    same = first_that_holds((weight,), lambda name: loaders.recognizer(name, 1))
    if same.model is None:
        return final, (f"{same.why} One copy of {weight} serves both passes.",)
    live = same.model
    if weight == SMALLEST_WEIGHT or final.info.languages != ("en",):
        return live, ()
    step = StreamingOptions().step
    try:
        took = loaders.step_seconds(live)
    except MeetcoreError:
        logger.exception("the speed of %s could not be measured", weight)
        return live, ()
    if took <= KEEPING_UP * step:
        return live, ()
    smaller = first_that_holds((SMALLEST_WEIGHT,), lambda name: loaders.recognizer(name, 1))
    if smaller.model is None:
        return live, (f"{weight} is slow here, and {smaller.why}",)
    live.close()
    return smaller.model, (
        f"{weight} would take {took:.2f} s for every {step:g} s of talk on this machine, so"
        f" {SMALLEST_WEIGHT} writes live and {weight} the final transcript.",
    )


def measure_step(recognizer: Recognizer) -> float:
    """Seconds a live decode of an 8 s window takes here, the best of three."""
    noise = np.random.default_rng(0).normal(0.0, 0.05, 8 * SAMPLE_RATE).astype(np.float32)
    options = RecognizeOptions(language="en", context=10.0, max_new_tokens=16)
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        recognizer.recognize(noise, options)
        times.append(time.perf_counter() - begin)
    return min(times)
