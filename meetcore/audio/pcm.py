"""Conversion between int16 (stored) and float32 (models) samples, and their chunks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from meetcore.records import Samples

Pcm = npt.NDArray[np.int16]
"""Mono audio as it is stored, shape (n_samples,), int16, 16 kHz."""

_Audio = TypeVar("_Audio", Pcm, Samples)

FULL_SCALE = 32_768
"""The int16 magnitude of 1.0; a power of two, so that both conversions are exact."""


def to_samples(pcm: Pcm) -> Samples:
    """Stored audio as input for models.

    Live recognition and second pass both read stored int16, so they get identical values.

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
    """Float audio as it is stored: rounded to the nearest int16, clipped at full scale.

    The exact inverse of `to_samples`.

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
    """An empty array: shape (0,), int16."""
    return np.zeros(0, dtype=np.int16)


def rechunked(pieces: Iterator[_Audio], chunk_samples: int) -> Iterator[_Audio]:
    """The same samples in chunks of `chunk_samples`; the last one may be shorter."""
    waiting: list[_Audio] = []
    n_waiting = 0
    for piece in pieces:
        waiting.append(piece)
        n_waiting += piece.size
        if n_waiting < chunk_samples:
            continue
        joined = np.concatenate(waiting)
        n_whole = joined.size - joined.size % chunk_samples
        for start in range(0, n_whole, chunk_samples):
            yield joined[start : start + chunk_samples]
        waiting, n_waiting = [joined[n_whole:]], joined.size - n_whole
    if n_waiting:
        yield np.concatenate(waiting)
