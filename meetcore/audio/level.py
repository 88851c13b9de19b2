"""The level of a chunk in decibels."""

from __future__ import annotations

import numpy as np

from meetcore.records import Samples

SILENCE_DB = -100.0
"""The level given for digital silence; a constant int16 value of 1 is at -90.3 dB."""


def level_db(samples: Samples) -> float:
    """Root mean square in dB relative to full scale (a constant 1.0 is 0 dB).

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float32, 16 kHz
        May be empty, which counts as silence.

    Returns
    -------
    float
        Decibels in [-100, 0]; -100 for digital silence.

    Examples
    --------
    >>> round(level_db(np.full(1600, 0.1, dtype=np.float32)), 3)
    -20.0
    >>> level_db(np.zeros(1600, dtype=np.float32))
    -100.0
    """
    if samples.size == 0:
        return SILENCE_DB
    mean_square = float(np.mean(np.square(samples, dtype=np.float64)))
    if mean_square <= 0.0:
        return SILENCE_DB
    return float(min(max(10.0 * np.log10(mean_square), SILENCE_DB), 0.0))
