"""`SpeechLog`: which frames of a live stream held speech, for the last two minutes."""

from __future__ import annotations

import numpy as np

from meetcore.asr.vad.activity import FRAME_SAMPLES, Activity
from meetcore.records import Samples

KEPT_FRAMES = 4096
"""About two minutes of frames; no decode window is longer."""


class SpeechLog:
    """Speech or not, per frame of 512 samples, for the last two minutes of one stream.

    Frames are counted from the stream's first sample, so any chunking gives the same frames.
    Positions are samples since the stream began.

    Parameters
    ----------
    activity : the stream's own voice activity detector
    threshold : probability from which a frame is speech
    """

    def __init__(self, activity: Activity, threshold: float) -> None:
        self._activity = activity
        self._threshold = threshold
        self._speech = np.zeros(0, dtype=np.bool_)
        self._first_frame = 0
        self._rest: Samples = np.zeros(0, dtype=np.float32)
        activity.reset()

    def push(self, samples: Samples) -> None:
        """Add samples, shape (n_samples,), float32, 16 kHz; a partial frame waits."""
        audio = np.concatenate((self._rest, samples))
        whole = audio.shape[0] // FRAME_SAMPLES * FRAME_SAMPLES
        self._rest = audio[whole:]
        if whole:
            speech = self._activity.speech_probabilities(audio[:whole]) >= self._threshold
            self._speech = np.concatenate((self._speech, speech))
            surplus = max(0, self._speech.shape[0] - KEPT_FRAMES)
            self._speech = self._speech[surplus:]
            self._first_frame += surplus

    def count_samples(self, start_sample: int, stop_sample: int) -> int:
        """How many samples between two positions are speech."""
        _, frames = self._between(start_sample, stop_sample)
        return int(np.count_nonzero(frames)) * FRAME_SAMPLES

    def first_sample(self, start_sample: int, stop_sample: int) -> int | None:
        """Where speech starts between two positions; None where there is none."""
        first, frames = self._between(start_sample, stop_sample)
        found = np.flatnonzero(frames)
        return (first + int(found[0])) * FRAME_SAMPLES if found.shape[0] else None

    def last_sample(self, stop_sample: int) -> int | None:
        """Where the latest speech before a position ends; None where the log holds none."""
        first, frames = self._between(0, stop_sample)
        found = np.flatnonzero(frames)
        return (first + int(found[-1]) + 1) * FRAME_SAMPLES if found.shape[0] else None

    def _between(self, start_sample: int, stop_sample: int) -> tuple[int, np.ndarray]:
        """Frames that start between two positions, after the number of the first of them."""
        first = max(self._first_frame, -(-start_sample // FRAME_SAMPLES))
        stop = max(first, -(-stop_sample // FRAME_SAMPLES))
        offset = self._first_frame
        return first, self._speech[first - offset : stop - offset]
