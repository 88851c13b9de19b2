"""The functions that load models with the settings; the rungs call them, tests replace them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from meetcore.asr.recognizer import RecognizeOptions, Recognizer
from meetcore.asr.registry import load_recognizer
from meetcore.asr.remote.request import RemoteServer
from meetcore.diarization.diarizer import Diarizer
from meetcore.diarization.registry import load_diarizer
from meetcore.models.falling_back import FallingBackRecognizer
from meetcore.models.measured_speed import measured_speeds
from meetcore.models.voting_recognizer import VotingRecognizer
from meetcore.models.weight_sizes import SMALLEST_WEIGHT
from meetcore.records import SAMPLE_RATE
from meetcore.settings import Settings
from meetcore.text.languages import MULTILINGUAL_WEIGHT, is_english_only
from meetcore.weights.names import BETTER, REMOTE, VOTERS, WITHOUT_FILES
from meetcore.weights.resolver import WeightResolver


@dataclass(frozen=True, slots=True)
class Loaders:
    """The functions that load models; tests replace them to make a rung fail."""

    recognizer: Callable[[str, int], Recognizer]
    """The recognizer of a weight with so many CPU threads; raises ModelUnavailableError."""
    diarizer: Callable[[str], Diarizer]
    """The diarizer of a setting; raises ModelUnavailableError."""
    step_seconds: Callable[[Recognizer], float]
    """Seconds one live decode takes on this machine."""


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
                remote, lambda language: recognizer(with_stand_in(REMOTE, language)[1], threads)
            )
        if weight == BETTER:
            return _voting(recognizer, threads)
        return load_recognizer(
            weight,
            resolver,
            engine=settings.engine,
            device=settings.device,
            threads=settings.threads or threads,
            # All live meetings share one recognizer: as many parallel decodes as there are cores.
            workers=max(1, (os.cpu_count() or 1) // threads) if threads else 1,
        )

    speeds = measured_speeds(settings)

    def step_seconds(live: Recognizer) -> float:
        speeds.measure_once(live)
        return measure_decode_seconds(live)

    return Loaders(recognizer, diarizer, step_seconds)


def _voting(load: Callable[[str, int], Recognizer], threads: int) -> VotingRecognizer:
    """All voters, or none: what is loaded is closed where a later one fails."""
    loaded: list[Recognizer] = []
    try:
        for name in VOTERS:
            loaded.append(load(name, threads))
    except BaseException:
        for each in loaded:
            each.close()
        raise
    return VotingRecognizer(BETTER, loaded)


def with_stand_in(weight: str, language: str | None) -> tuple[str, ...]:
    """A weight, and a small one that surely writes what is spoken: English alone, or all of it.

    What is no weight of the catalogue is replaced by the usual one first.
    """
    if weight in WITHOUT_FILES:
        english = language in (None, "en")
        usual = str(Settings.model_fields["recognizer"].default)
        return (weight, *with_stand_in(usual if english else MULTILINGUAL_WEIGHT, language))
    english = language == "en" or (language is None and is_english_only(weight))
    return weight, SMALLEST_WEIGHT if english else MULTILINGUAL_WEIGHT


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
