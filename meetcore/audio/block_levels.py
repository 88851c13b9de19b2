"""Levels of a track by blocks of 20 ms; single clicks and damaged values do not raise them."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from meetcore.audio.channel_mixer import Planar

BLOCK_S = 0.02
LOUD_PART = 0.9
"""A block's level is the magnitude that so much of its loudest channel stays below."""
SILENT_DB = -140
"""The level of digital silence."""


class BlockLevels:
    """Counts the blocks of a track by their level, in whole dB of full scale."""

    def __init__(self) -> None:
        self._seconds_at: Counter[int] = Counter()

    def add(self, samples: Planar, rate: int) -> None:
        """Count the blocks of a frame; what is left after the last whole one is not looked at.

        Parameters
        ----------
        samples : np.ndarray, shape (n_channels, n_samples), float32
        rate : in Hz
        """
        n_channels, n_samples = samples.shape
        size = min(n_samples, max(1, round(rate * BLOCK_S)))
        if size == 0 or n_channels == 0:
            return
        n_blocks = n_samples // size
        blocks = np.abs(samples[:, : n_blocks * size]).reshape(n_channels, n_blocks, size)
        index = int((size - 1) * LOUD_PART)
        levels = np.partition(blocks, index, axis=2)[:, :, index].max(axis=0)
        loudness = np.rint(20 * np.log10(np.maximum(levels, 10.0 ** (SILENT_DB / 20))))
        for level in loudness.astype(int).tolist():
            self._seconds_at[level] += n_samples / n_blocks / rate

    def seconds_from(self, level_db: float) -> float:
        """Length of all blocks of this level in dB or more."""
        return math.fsum(s for level, s in self._seconds_at.items() if level >= level_db)

    def reached_for(self, seconds: float) -> float:
        """The level in dB that blocks of so much audio in all reach.

        Of shorter audio, what half of its blocks reach; SILENT_DB where there is none.
        """
        needed = min(seconds, math.fsum(self._seconds_at.values()) / 2)
        reached_s = 0.0
        for level in sorted(self._seconds_at, reverse=True):
            reached_s += self._seconds_at[level]
            if reached_s >= needed:
                return level
        return SILENT_DB
