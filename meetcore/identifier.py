"""The rungs: the only place where models are put together, one named step down at a time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from meetcore.errors import ModelUnavailableError
from meetcore.records import SAMPLE_RATE, Mode, ModelsInUse, RungLeft
from meetcore.session import IdentifierSession
from meetcore.settings import Settings
from meetcore.speakers.diarizer import Diarizer, load_diarizer
from meetcore.speakers.embedding import single_thread
from meetcore.speech.engines import load_recognizer
from meetcore.speech.recognizer import RecognizeOptions, Recognizer
from meetcore.speech.silero import load_activity
from meetcore.speech.streaming import StreamingOptions, StreamingRecognizer
from meetcore.weights.resolver import WeightResolver

logger = logging.getLogger(__name__)

SMALLEST_WEIGHT = "tiny.en"
KEEPING_UP = 0.5
"""Share of a step that a decode may take on this machine; the rest is for speakers and others."""


class Identifier(Protocol):
    """Models only: read-only after loading, shared by all meetings, safe from several threads."""

    @property
    def models(self) -> ModelsInUse:
        """What is loaded, and why not more."""
        ...

    @property
    def recognizer(self) -> Recognizer | None:
        """The recognizer of the second pass."""
        ...

    @property
    def diarizer(self) -> Diarizer | None:
        """Who tells speakers apart; None below the full rung."""
        ...

    def open_session(self, meeting_id: str, language: str | None = None) -> IdentifierSession:
        """Begin one meeting."""
        ...

    def close(self) -> None:
        """Release the models; idempotent."""
        ...


class FallbackSpeakerIdentifier:
    """Words without speakers; without a recognizer, nothing but a safe recording."""

    def __init__(
        self, models: ModelsInUse, live: Recognizer | None = None, final: Recognizer | None = None
    ) -> None:
        self._models = models
        self._live = live
        self._final = final

    @property
    def models(self) -> ModelsInUse:
        """What is loaded, and why not more."""
        return self._models

    @property
    def recognizer(self) -> Recognizer | None:
        """The recognizer of the second pass."""
        return self._final

    @property
    def diarizer(self) -> Diarizer | None:
        """None: this rung tells no speakers apart."""
        return None

    def open_session(self, meeting_id: str, language: str | None = None) -> IdentifierSession:
        """Begin one meeting."""
        return IdentifierSession(meeting_id, self._word_stream(language), None)

    def close(self) -> None:
        """Release the models; idempotent."""
        for recognizer in (self._live, self._final):
            if recognizer is not None:
                recognizer.close()

    def _word_stream(self, language: str | None) -> StreamingRecognizer | None:
        if self._live is None:
            return None
        options = StreamingOptions(language=language)
        return StreamingRecognizer(self._live, load_activity(), options)


class SpeakerIdentifier(FallbackSpeakerIdentifier):
    """Words with speakers: the full rung."""

    def __init__(
        self, models: ModelsInUse, live: Recognizer, final: Recognizer, diarizer: Diarizer
    ) -> None:
        super().__init__(models, live, final)
        self._diarizer = diarizer

    @property
    def diarizer(self) -> Diarizer:
        """Who tells speakers apart."""
        return self._diarizer

    def open_session(self, meeting_id: str, language: str | None = None) -> IdentifierSession:
        """Begin one meeting."""
        return IdentifierSession(
            meeting_id, self._word_stream(language), self._diarizer.open_live()
        )


@dataclass(frozen=True, slots=True)
class Loaders:
    """How models are loaded; tests replace them to break a rung on purpose."""

    recognizer: Callable[[str, int], Recognizer]
    """Weight and CPU threads to a recognizer; raises ModelUnavailableError."""
    diarizer: Callable[[str], Diarizer]
    """Setting to a diarizer; raises ModelUnavailableError."""
    step_seconds: Callable[[Recognizer], float]
    """Seconds one live decode takes on this machine."""


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
        )

    return Loaders(recognizer, diarizer, measure_step)


def create_speaker_identifier(
    settings: Settings, loaders: Loaders | None = None
) -> SpeakerIdentifier | FallbackSpeakerIdentifier:
    """The best rung that holds on this machine; never raises for a missing model.

    Each rung that was left is kept with its reason and remedy in `models.rungs_left`.
    """
    loaders = loaders or loaders_for(
        settings, WeightResolver(settings.cache_dir, offline=settings.offline)
    )
    left: list[RungLeft] = []
    notes: list[str] = []
    speakers: list[Diarizer] = []
    # Torch's first import takes seconds and holds little of the GIL: load both sides at once.
    thread = threading.Thread(
        target=lambda: _load_diarizer(settings, loaders, left, notes, speakers),
        name="load-diarizer",
    )
    thread.start()
    recognizers = _load_recognizers(settings, loaders, left, notes)
    thread.join()
    if recognizers is None:
        reason = left[-1].reason if left else "No recognizer could be loaded."
        models = ModelsInUse(Mode.RECORDING_ONLY, reason=reason, rungs_left=tuple(left))
        return FallbackSpeakerIdentifier(models)
    live, final = recognizers
    models = ModelsInUse(
        Mode.TRANSCRIPTION_ONLY,
        live_recognizer=str(live.info),
        final_recognizer=str(final.info),
        rungs_left=tuple(left),
        languages=live.info.languages,
    )
    if not speakers:
        why = " ".join([*(rung.reason for rung in left), *notes])
        return FallbackSpeakerIdentifier(replace(models, reason=why), live, final)
    full = replace(
        models,
        mode=Mode.FULL,
        diarizer=speakers[0].name,
        reason=" ".join(notes) or "Everything is loaded.",
    )
    return SpeakerIdentifier(full, live, final, speakers[0])


def _load_diarizer(
    settings: Settings,
    loaders: Loaders,
    left: list[RungLeft],
    notes: list[str],
    found: list[Diarizer],
) -> None:
    """Try the diarizer asked for, then the open weights; note why when neither holds."""
    chosen = settings.diarizer
    choices = [chosen] if chosen in ("auto", "open", "off") else [chosen, "open"]
    reasons: list[str] = []
    for choice in choices:
        try:
            found.append(loaders.diarizer(choice))
        except ModelUnavailableError as error:
            reasons.append(str(error))
            logger.warning("diarizer %s does not hold: %s", choice, error)
            continue
        if reasons:
            notes.append(f"{' '.join(reasons)} Open weights tell speakers apart instead.")
        return
    left.append(RungLeft(Mode.FULL, " ".join(reasons), _remedy(chosen)))


def _remedy(diarizer: str) -> str:
    if diarizer == "off":
        return "MEETCORE_DIARIZER=auto"
    return "python -m meetcore weights pull segmentation-3.0 campplus"


def _load_recognizers(
    settings: Settings, loaders: Loaders, left: list[RungLeft], notes: list[str]
) -> tuple[Recognizer, Recognizer] | None:
    """The live and the final recognizer; the smallest weight stands in for one that fails."""
    final = _first_of(
        loaders, dict.fromkeys((settings.recognizer, SMALLEST_WEIGHT)), 0, left, notes
    )
    if final is None:
        return None
    if settings.live_recognizer != "auto":
        wanted = dict.fromkeys((settings.live_recognizer, SMALLEST_WEIGHT))
        live = _first_of(loaders, wanted, 1, left, notes)
        return (live or final), final
    return _live_for(final, loaders, notes), final


def _live_for(final: Recognizer, loaders: Loaders, notes: list[str]) -> Recognizer:
    """The final weight on a live recognizer's one thread where that keeps up, else the smallest."""
    weight = final.info.weight
    live = loaders.recognizer(weight, 1)
    step = StreamingOptions().step
    if weight == SMALLEST_WEIGHT or final.info.languages != ("en",):
        return live
    took = loaders.step_seconds(live)
    if took <= KEEPING_UP * step:
        return live
    try:
        smaller = loaders.recognizer(SMALLEST_WEIGHT, 1)
    except ModelUnavailableError as error:
        notes.append(f"{weight} is slow here, and {error}")
        return live
    live.close()
    notes.append(
        f"{weight} would take {took:.2f} s for every {step:g} s of talk on this machine, so"
        f" {SMALLEST_WEIGHT} writes live and {weight} the final transcript."
    )
    return smaller


def _first_of(
    loaders: Loaders,
    weights: dict[str, None],
    threads: int,
    left: list[RungLeft],
    notes: list[str],
) -> Recognizer | None:
    reasons: list[str] = []
    for weight in weights:
        try:
            found = loaders.recognizer(weight, threads)
        except ModelUnavailableError as error:
            logger.warning("recognizer %s does not hold: %s", weight, error)
            reasons.append(str(error))
        else:
            notes.extend(f"{reason} {weight} is used instead." for reason in reasons)
            return found
    left.append(
        RungLeft(
            Mode.TRANSCRIPTION_ONLY, " ".join(reasons), "python -m meetcore weights pull tiny.en"
        )
    )
    return None


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
