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


class RecordingSpeech:
    """Speech in a recording of any length, in blocks; each frame has one probability.

    The probability of a frame depends on the recording alone, not on which frames were asked for
    before: a pass that is resumed sees the same speech, and speech once found is not lost where
    the next piece begins. Voice activity is judged on audio scaled to a usual level.

    Parameters
    ----------
    read : gives samples, shape (n_samples,), float32, 16 kHz; called with at most 28 s at a time
    total_samples : length of the recording
    activity : a voice activity detector for this object alone
    """

    def __init__(self, read: ReadSamples, total_samples: int, activity: Activity) -> None:
        self._read = read
        self._total_samples = total_samples
        self._activity = activity
        self._blocks: dict[int, Probabilities] = {}

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
        if number not in self._blocks:
            self._blocks[number] = self._judged(number * _BLOCK_FRAMES)
            for old in [each for each in self._blocks if each <= number - _KEPT_BLOCKS]:
                del self._blocks[old]
        return self._blocks[number]

    def _judged(self, first_frame: int) -> Probabilities:
        start_frame = max(0, first_frame - _BEFORE_FRAMES)
        stop_frame = first_frame + _BLOCK_FRAMES
        stop = min(self._total_samples, stop_frame * FRAME_SAMPLES)
        samples = self._read(start_frame * FRAME_SAMPLES, stop)
        gains = RunningGain().push(frame_levels_db(samples))
        self._activity.reset()
        probabilities = self._activity.speech_probabilities(frames_scaled(samples, gains))
        return probabilities[first_frame - start_frame :]
