"""The audio that live diarization may still need: the last window, and what came after it."""

from __future__ import annotations

import numpy as np

from meetcore.diarization.segmentation import FrameGrid
from meetcore.records import Samples

SMALLEST_STEP = 1.5 / 32_768
"""Amplitude up to which 16-bit samples hold at most their smallest step: nothing is in them,
however quiet the recording. A level in dB would take a quiet recording's speech for silence."""


class RecentAudio:
    """Samples of one meeting, of which the oldest are dropped; positions are frames of a grid."""

    def __init__(self, grid: FrameGrid) -> None:
        self._grid = grid
        self._audio: Samples = np.zeros(0, dtype=np.float32)
        self._start_samples = 0
        self._pending: list[Samples] = []
        self._pushed_samples = 0

    def __len__(self) -> int:
        return len(self._audio)

    @property
    def ready_frames(self) -> int:
        """Frames that all samples so far make."""
        return self._grid.count(self._pushed_samples)

    def push(self, samples: Samples) -> None:
        """Append samples, shape (n_samples,), float32, 16 kHz; `join` makes them readable."""
        self._pending.append(samples)
        self._pushed_samples += len(samples)

    def join(self) -> None:
        """Join what was pushed; once per hop, however small the chunks are."""
        self._audio = np.concatenate([self._audio, *self._pending])
        self._pending.clear()

    def read(self, begin: int, end: int) -> Samples:
        """The audio that frames `begin` to `end` cover."""
        first = begin * self._grid.step_samples
        stop = (end - 1) * self._grid.step_samples + self._grid.size_samples
        return self._audio[first - self._start_samples : stop - self._start_samples]

    def is_silent(self, begin: int, end: int) -> bool:
        """Whether there is no signal at all in these frames: a muted microphone."""
        return float(np.abs(self.read(begin, end)).max(initial=0.0)) <= SMALLEST_STEP

    def drop_before(self, frame: int) -> None:
        """Drop the samples before a frame."""
        surplus = frame * self._grid.step_samples - self._start_samples
        if surplus > 0:
            self._audio = self._audio[surplus:].copy()
            self._start_samples += surplus

    def clear(self) -> None:
        """Release everything; idempotent."""
        self._audio = np.zeros(0, dtype=np.float32)
        self._pending.clear()
