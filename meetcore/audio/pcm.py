"""The stored form of audio, int16, and the heard form, float32; the one place that turns them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from meetcore.records import Samples

Pcm = npt.NDArray[np.int16]
"""Mono audio as it lies on disk, shape (n_samples,), int16, 16 kHz."""

FULL_SCALE = 32_768
"""The int16 magnitude that stands for 1.0; a power of two, so that both ways are exact."""


def to_samples(pcm: Pcm) -> Samples:
    """The audio as models hear it.

    Live and second pass both start from stored int16, so they hear identical values.

    Parameters
    ----------
    pcm : np.ndarray, shape (n_samples,), int16, 16 kHz

    Returns
    -------
    np.ndarray, shape (n_samples,), float32, in [-1, 1), 16 kHz

    Examples
    --------
    >>> to_samples(np.array([-32768, 16384], dtype=np.int16)).tolist()
    [-1.0, 0.5]
    """
    return pcm.astype(np.float32) / np.float32(FULL_SCALE)


def to_pcm(samples: Samples) -> Pcm:
    """The audio as it is stored: rounded to the nearest int16, clipped at full scale.

    The inverse of `to_samples` for whatever came from int16.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float32, 16 kHz

    Returns
    -------
    np.ndarray, shape (n_samples,), int16, 16 kHz

    Examples
    --------
    >>> to_pcm(np.array([0.5, 2.0, -2.0], dtype=np.float32)).tolist()
    [16384, 32767, -32768]
    """
    scaled: Samples = np.rint(samples * np.float32(FULL_SCALE))
    return scaled.clip(-FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def empty_pcm() -> Pcm:
    """No audio: shape (0,), int16."""
    return np.zeros(0, dtype=np.int16)
