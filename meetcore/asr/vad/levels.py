"""Levels of audio, and the bounded gain that brings quiet or too loud audio to a usual level.

Voice activity, the gate and the recognizer are given audio at a usual level, so that the same
words are found whatever the recording level. Audio at a usual level is not changed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from meetcore.records import Samples

FRAME_SAMPLES = 512
"""Samples per frame (32 ms at 16 kHz)."""
LOWEST_DB = -100.0
"""Level given to digital silence."""
QUIET_DB = -32.0
"""Audio whose loudest tenth is below this is raised."""
USUAL_DB = -22.0
"""Level to which it is raised, where the largest gain allows."""
LOUD_DB = -4.0
"""Audio whose loudest tenth is above this (floats beyond full scale) is lowered to it."""
LARGEST_GAIN_DB = 40.0
WINDOW_FRAMES = 156
"""Frames (5 s) whose loudest tenth gives the gain of a frame."""
_ATTACK_DB = 6.0
"""A frame counts at once at its own level less this: speech is about as far above its mean."""

Levels = npt.NDArray[np.float32]
"""Level per frame of 512 samples, shape (n_frames,), float32, RMS in dB of full scale."""


def frame_levels_db(samples: Samples) -> Levels:
    """Level of each frame of 512 samples; the last one may be partial.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float32, 16 kHz

    Returns
    -------
    np.ndarray, shape (n_frames,), float32
        RMS in dB relative to full scale, at least -100.
    """
    count = -(-samples.shape[0] // FRAME_SAMPLES)
    padded = np.zeros(count * FRAME_SAMPLES, dtype=np.float32)
    padded[: samples.shape[0]] = samples
    power = np.mean(padded.reshape(count, FRAME_SAMPLES) ** 2, axis=1)
    levels: Levels = 10.0 * np.log10(np.maximum(power, 1e-10)).astype(np.float32)
    return levels


def loudest_tenth_db(levels: Levels) -> float:
    """Level that a tenth of the frames reach; -100 without frames."""
    return float(np.percentile(levels, 90)) if levels.shape[0] else LOWEST_DB


def gain_db(levels: npt.ArrayLike) -> Levels:
    """Gain that brings audio of these levels to a usual one, in dB; 0 at usual levels.

    Between QUIET_DB and 10 dB below, the gain grows twice as fast as the level falls, so that it
    has no step.

    >>> gain_db([-68.0, -50.0, -35.0, -20.0, 16.0]).tolist()
    [40.0, 28.0, 6.0, 0.0, -20.0]
    """
    level = np.asarray(levels, dtype=np.float32)
    raised = np.minimum(USUAL_DB - level, 2.0 * (QUIET_DB - level))
    gain: Levels = np.clip(raised, np.minimum(0.0, LOUD_DB - level), LARGEST_GAIN_DB)
    return gain.astype(np.float32)


def scaled(samples: Samples, gain: float) -> Samples:
    """Samples with a gain in dB; the same array where it is 0.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float32, 16 kHz
    """
    return samples if gain == 0.0 else samples * np.float32(10 ** (gain / 20))


def frames_scaled(samples: Samples, gains: Levels) -> Samples:
    """Samples with a gain in dB for each frame of 512 samples; the last frame may be partial.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float32, 16 kHz
    gains : np.ndarray, shape (n_frames,), dB
    """
    if not gains.any():
        return samples
    factors = np.repeat(10 ** (gains / 20), FRAME_SAMPLES)[: samples.shape[0]]
    return samples * factors.astype(np.float32)


class RunningGain:
    """Gain of each frame by the 5 s before it; any chunking of the frames gives the same.

    A loud frame counts at once, so that the first word after silence is not raised as silence is.
    What follows a frame does not count: a quiet word before a loud one is raised too.
    """

    def __init__(self) -> None:
        self._before = np.full(WINDOW_FRAMES, LOWEST_DB, dtype=np.float32)

    def push(self, levels: Levels) -> Levels:
        """Gains of the next frames, in dB: shape (n_frames,)."""
        if not levels.shape[0]:
            return levels
        history = np.concatenate((self._before, levels))
        self._before = history[-WINDOW_FRAMES:]
        windows = np.lib.stride_tricks.sliding_window_view(history, WINDOW_FRAMES + 1)
        usual = np.percentile(windows, 90, axis=1)
        return gain_db(np.maximum(usual, levels - _ATTACK_DB))
