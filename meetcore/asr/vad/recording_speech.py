"""`RecordingSpeech`: the probability of speech in any frame of a recording."""

from __future__ import annotations

import numpy as np

from meetcore.asr.vad.activity import Activity, Probabilities
from meetcore.asr.vad.levels import (
    FRAME_SAMPLES,
    WINDOW_FRAMES,
    RunningGain,
    frame_levels_db,
    frames_scaled,
)
from meetcore.records import ReadSamples

READ_FRAMES = 875
"""Frames read at once (28 s)."""
_BEFORE_FRAMES = WINDOW_FRAMES
"""Frames (5 s) before a block from which the gain and the detector's state are built up."""
_BLOCK_FRAMES = READ_FRAMES - _BEFORE_FRAMES
_KEPT_BLOCKS = 3
STEP_FRAMES = 16
"""Frames (0.5 s) judged in one call of the detector. Always the same ones together: matrix
products of other shapes differ in their last bit."""


class RecordingSpeech:
    """Speech in a recording of any length, in blocks; each frame has one probability.

    The probability of a frame depends on the recording up to it alone, not on which frames were
    asked for before nor on how far the recording had grown by then: a pass that is resumed, or
    that follows a running meeting, finds the same speech. Voice activity is judged on audio scaled
    to a usual level.

    Parameters
    ----------
    read : gives samples, shape (n_samples,), float32, 16 kHz; called with at most 28 s at a time
    total_samples : length of the recording
    activity : a voice activity detector for this object alone
    ended : False while the recording grows; `grow` then gives its length
    """

    def __init__(
        self, read: ReadSamples, total_samples: int, activity: Activity, ended: bool = True
    ) -> None:
        self._read = read
        self._activity = activity
        self._blocks: dict[int, Probabilities] = {}
        self._current = -1
        self._next_frame = 0
        self._gain = RunningGain()
        self.grow(total_samples, ended)

    def grow(self, total_samples: int, ended: bool) -> None:
        """Set the length of a recording that has grown; the last call is with `ended`."""
        self._total_samples = total_samples
        if ended:
            self.n_frames = -(-total_samples // FRAME_SAMPLES)
            """Frames whose probability can be asked for."""
            return
        whole = total_samples // FRAME_SAMPLES
        first = whole // _BLOCK_FRAMES * _BLOCK_FRAMES
        begin = max(0, first - _BEFORE_FRAMES)
        self.n_frames = max(first, begin + (whole - begin) // STEP_FRAMES * STEP_FRAMES)

    def probabilities(self, first_frame: int, stop_frame: int) -> Probabilities:
        """Probability of speech per frame of 512 samples: shape (stop_frame - first_frame,).

        Frames are counted from the recording's first sample; the last one may be partial.
        """
        blocks = range(first_frame // _BLOCK_FRAMES, -(-stop_frame // _BLOCK_FRAMES))
        if not blocks:
            return np.zeros(0, dtype=np.float32)
        found = np.concatenate([self._block(number) for number in blocks])
        offset = blocks[0] * _BLOCK_FRAMES
        return found[first_frame - offset : stop_frame - offset]

    def _block(self, number: int) -> Probabilities:
        """The known probabilities of a block; judges the frames that came since the last call."""
        first = number * _BLOCK_FRAMES
        known = self._blocks.get(number)
        stop = min(first + _BLOCK_FRAMES, self.n_frames)
        if known is not None and known.shape[0] == stop - first:
            return known
        if known is None or self._current != number:
            self._begin(number)
            known = np.zeros(0, dtype=np.float32)
        known = np.concatenate((known, self._judged(first, stop)))
        self._blocks[number] = known
        for old in [each for each in self._blocks if each <= number - _KEPT_BLOCKS]:
            del self._blocks[old]
        return known

    def _begin(self, number: int) -> None:
        """Clear the detector's state, some seconds before a block."""
        self._current = number
        self._next_frame = max(0, number * _BLOCK_FRAMES - _BEFORE_FRAMES)
        self._gain = RunningGain()
        self._activity.reset()

    def _judged(self, first_frame: int, stop_frame: int) -> Probabilities:
        """Probabilities of the frames of the current block that are not judged yet."""
        begin = self._next_frame
        stop = min(stop_frame * FRAME_SAMPLES, self._total_samples)
        samples = self._read(begin * FRAME_SAMPLES, stop)
        found = []
        step = STEP_FRAMES * FRAME_SAMPLES
        for start in range(0, samples.shape[0], step):
            part = samples[start : start + step]
            gains = self._gain.push(frame_levels_db(part))
            found.append(self._activity.speech_probabilities(frames_scaled(part, gains)))
        self._next_frame = stop_frame
        probabilities = np.concatenate(found) if found else np.zeros(0, dtype=np.float32)
        return probabilities[max(0, first_frame - begin) :]
