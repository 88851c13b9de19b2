"""The form of audio that all models and recordings share: float32 samples, mono, 16 kHz."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # `meetcore doctor` imports these records where numpy is missing
    import numpy as np
    import numpy.typing as npt

SAMPLE_RATE = 16_000
"""Samples per second (Hz) of everything between a decoder and a model."""

Samples: TypeAlias = "npt.NDArray[np.float32]"
"""Mono audio, shape (n_samples,), float32 in [-1, 1], 16 kHz."""

ReadSamples: TypeAlias = Callable[[int, int], "Samples"]
"""``read(start, stop)``: the samples of a recording from `start` up to, not including, `stop`."""
