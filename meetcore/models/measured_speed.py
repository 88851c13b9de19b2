"""How fast weights transcribe on this machine: measured once, estimated for those not here."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from meetcore.asr.recognizer import RecognizeOptions, Recognizer
from meetcore.errors import MeetcoreError
from meetcore.records import SAMPLE_RATE
from meetcore.settings import Settings
from meetcore.text.safe_traceback import in_one_line
from meetcore.weights.catalogue import Shape

logger = logging.getLogger(__name__)

WINDOW_S = 28
"""As long as the pieces of the second pass."""
TOKENS = 90
"""Of half a minute of talk; forced, so that noise takes as long as speech."""
POSITIONS = 30_000
DECODED = 3.2
"""Weights of attention and of the decoder against the encoder's matrices. Fitted to CPU time of
tiny.en, base.en, and random weights of the shapes of small and turbo (int8, one thread): each is
met within a fifth."""


class MeasuredSpeeds:
    """Wall-clock seconds per second of audio by weight, in a JSON file of the cache folder."""

    def __init__(self, cache_dir: Path) -> None:
        self._path = cache_dir / "speeds.json"

    def read(self) -> Mapping[str, float]:
        """What was measured; empty where nothing was, or the file cannot be read."""
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(content, dict):
            return {}
        return {
            name: float(value)
            for name, value in content.items()
            if type(value) in (int, float) and 0.0 < value < float("inf")
        }

    def measure_once(self, recognizer: Recognizer) -> None:
        """Time a recognizer whose weight was not timed before; errors are logged.

        Parameters
        ----------
        recognizer : with one thread a call; as many calls as it has workers run at once later
        """
        name = recognizer.info.weight
        if name in self.read():
            return
        try:
            took = _seconds_for_window(recognizer)
        except MeetcoreError as error:
            logger.warning("the speed of %s was not measured: %s", name, in_one_line(error))
            return
        parallel = max(1, min(recognizer.info.workers, os.cpu_count() or 1))
        known = {**self.read(), name: took / WINDOW_S / parallel}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(known), encoding="utf-8")
        except OSError as error:
            logger.warning("the speed of %s was not saved: %s", name, in_one_line(error))


def measured_speeds(settings: Settings) -> MeasuredSpeeds:
    """Those of the settings' cache folder."""
    return MeasuredSpeeds(settings.cache_dir)


def _seconds_for_window(recognizer: Recognizer) -> float:
    noise = np.random.default_rng(0).normal(0.0, 0.05, WINDOW_S * SAMPLE_RATE).astype(np.float32)
    forced = recognizer.tokens_of(" one two three four five six seven eight nine ten" * 9)[:TOKENS]
    language = "en" if "en" in recognizer.info.languages else recognizer.info.languages[0]
    options = RecognizeOptions(language, prefix_tokens=forced, beam_size=5, max_new_tokens=1)
    begin = time.perf_counter()
    recognizer.recognize(noise, options)
    return time.perf_counter() - begin


def work(shape: Shape) -> float:
    """What half a minute of speech costs, in units that only have a meaning as a ratio.

    >>> ratio = work(Shape(768, 12, 12)) / work(Shape(512, 6, 6))  # small, base
    >>> round(ratio, 1)
    3.1
    """
    attention = POSITIONS * shape.width * shape.encoder_layers
    return shape.encoder_parameters + attention + DECODED * shape.decoder_parameters


def expected_speed(shape: Shape, measured: Mapping[Shape, float]) -> float | None:
    """Seconds per second of audio, from the measured weight nearest in size; None without one."""
    if not measured:
        return None
    wanted = work(shape)
    nearest = min(measured, key=lambda known: abs(np.log(work(known) / wanted)))
    return measured[nearest] * wanted / work(nearest)
