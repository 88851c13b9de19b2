"""`SpeechLog`: which frames of a live stream held speech, and how loud it was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meetcore.asr.vad.activity import Activity, Probabilities, solid_speech
from meetcore.asr.vad.levels import (
    FRAME_SAMPLES,
    Levels,
    RunningGain,
    frame_levels_db,
    frames_scaled,
    loudest_tenth_db,
)
from meetcore.records import SAMPLE_RATE, Samples

KEPT_FRAMES = 4096
"""About two minutes of frames; no decode window is longer."""


@dataclass(frozen=True, slots=True)
class SpeechSummary:
    """How much speech a stretch of a stream holds, and how loud it is."""

    level_db: float
    """Level of the loudest tenth of its speech, of all frames where none is speech."""
    probability: float
    """Largest probability of speech of any frame."""
    seconds: float
    """Length of the speech in stretches of 0.1 s and more."""


class SpeechLog:
    """Probability of speech and level, per frame of 512 samples, for the last two minutes.

    Frames are counted from the stream's first sample, so any chunking gives the same frames.
    Positions are samples since the stream began. Voice activity is judged on audio that a running
    gain brings to a usual level.

    Parameters
    ----------
    activity : the stream's own voice activity detector
    threshold : probability from which a frame is speech
    """

    def __init__(self, activity: Activity, threshold: float) -> None:
        self._activity = activity
        self._threshold = threshold
        self._gain = RunningGain()
        self._probabilities: Probabilities = np.zeros(0, dtype=np.float32)
        self._levels: Levels = np.zeros(0, dtype=np.float32)
        self._first_frame = 0
        self._rest: Samples = np.zeros(0, dtype=np.float32)
        activity.reset()

    def push(self, samples: Samples) -> None:
        """Add samples, shape (n_samples,), float32, 16 kHz; a partial frame waits."""
        audio = np.concatenate((self._rest, samples))
        whole = audio.shape[0] // FRAME_SAMPLES * FRAME_SAMPLES
        self._rest = audio[whole:]
        if whole:
            levels = frame_levels_db(audio[:whole])
            usual = frames_scaled(audio[:whole], self._gain.push(levels))
            probabilities = self._activity.speech_probabilities(usual)
            self._probabilities = np.concatenate((self._probabilities, probabilities))
            self._levels = np.concatenate((self._levels, levels))
            surplus = max(0, self._levels.shape[0] - KEPT_FRAMES)
            self._probabilities = self._probabilities[surplus:]
            self._levels = self._levels[surplus:]
            self._first_frame += surplus

    def summary(self, start_sample: int, stop_sample: int) -> SpeechSummary:
        """The speech between two positions."""
        frames = self._frames(start_sample, stop_sample)
        probabilities, levels = self._probabilities[frames], self._levels[frames]
        speech = probabilities >= self._threshold
        solid = solid_speech(probabilities, self._threshold)
        return SpeechSummary(
            loudest_tenth_db(levels[speech] if speech.any() else levels),
            float(probabilities.max(initial=0.0)),
            int(np.count_nonzero(solid)) * FRAME_SAMPLES / SAMPLE_RATE,
        )

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

    def _between(self, start_sample: int, stop_sample: int) -> tuple[int, npt.NDArray[np.bool_]]:
        """Which frames between two positions are speech, after the number of the first of them."""
        frames = self._frames(start_sample, stop_sample)
        speech = self._probabilities[frames] >= self._threshold
        return self._first_frame + frames.start, speech

    def _frames(self, start_sample: int, stop_sample: int) -> slice:
        """Frames that start between two positions, counted from the first that is kept."""
        first = max(self._first_frame, -(-start_sample // FRAME_SAMPLES))
        stop = max(first, -(-stop_sample // FRAME_SAMPLES))
        return slice(first - self._first_frame, stop - self._first_frame)
