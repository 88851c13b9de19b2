"""How alike two voice vectors are, allowing for how much speech each was made from. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Numbers = Any
"""A float64, or an array of them; the formulas hold for both."""

HALF_RELIABLE = 1.5
"""Seconds of speech at which half of an embedding is voice and half is what was said.

Measured with CAM++ on crops of real meetings: the mean cosine of two crops of one speaker is
0.23, 0.37, 0.49, 0.67 at 0.6, 1.0, 1.5, 3.0 s, which d / (d + 1.5) follows.
"""


def reliability(duration: float) -> float:
    """Expected cosine between an embedding of `duration` seconds and the voice itself.

    >>> round(reliability(1.5) ** 2, 3)
    0.5
    """
    return float(np.sqrt(duration / (duration + HALF_RELIABLE)))


_OTHERS_MEAN, _OTHERS_SPREAD = 0.27, 0.17
"""Likeness of different speakers, measured with CAM++ on real meetings."""


def spread(one: float, other: float) -> float:
    """Standard deviation of the likeness of one speaker's voices, given seconds of each.

    Measured with CAM++ on real meetings: 0.16 over the harmonic sum of both durations, and
    hardly ever less than 0.06.
    """
    return float(_spread(np.float64(one), np.float64(other)))


def _spread(one: Numbers, other: Numbers) -> Numbers:
    together = one * other / np.maximum(one + other, 1e-9)
    return np.maximum(0.06, 0.16 / np.maximum(together, 1e-9))


def boundary(one: float, other: float) -> float:
    """Likeness at which two voices lie equally far from being one and from being two.

    >>> round(boundary(1.0, 60.0), 2), round(boundary(20.0, 60.0), 2)
    (0.64, 0.81)
    """
    own = spread(one, other)
    return 1.0 - (1.0 - _OTHERS_MEAN) * own / (own + _OTHERS_SPREAD)


@dataclass(frozen=True, slots=True)
class Voice:
    """What is known of one voice: a weighted sum of embeddings and the speech behind it."""

    total: Vector
    duration: float

    @staticmethod
    def of(embedding: npt.NDArray[np.floating], duration: float) -> Voice:
        """A voice heard once; the weight is that of signal over noise (matched filter)."""
        weight = np.sqrt(duration * (duration + HALF_RELIABLE))
        return Voice(embedding.astype(np.float64) * weight, duration)

    def plus(self, other: Voice) -> Voice:
        """Both together."""
        return Voice(self.total + other.total, self.duration + other.duration)

    @staticmethod
    def silent(dimension: int) -> Voice:
        """A voice never heard."""
        return Voice(np.zeros(dimension), 0.0)

    def minus(self, other: Voice) -> Voice:
        """This voice without the speech of `other`."""
        return Voice(self.total - other.total, max(0.0, self.duration - other.duration))

    @property
    def direction(self) -> Vector:
        """Unit vector of the voice."""
        result: Vector = self.total / max(float(np.linalg.norm(self.total)), 1e-12)
        return result

    def likeness(self, other: Voice) -> float:
        """Cosine over what one voice would be expected to show: about 1 for the same voice.

        Different voices lie around 0.25.
        """
        if self.duration <= 0 or other.duration <= 0:
            return 0.0
        cosine = float(self.direction @ other.direction)
        return cosine / (reliability(self.duration) * reliability(other.duration))


def evidence(one: Voice, other: Voice) -> float:
    """Log-likelihood ratio of two voices being one speaker rather than two."""
    own = np.float64(spread(one.duration, other.duration))
    return float(_evidence(np.float64(one.likeness(other)), own))


def _evidence(likeness: Numbers, own: Numbers) -> Numbers:
    # More alike than expected is no evidence against; less alike than strangers none for.
    likeness = np.minimum(1.0, likeness)
    others = np.hypot(_OTHERS_SPREAD, np.minimum(own, 0.25))
    same = -0.5 * ((likeness - 1.0) / own) ** 2 - np.log(own)
    different = -0.5 * ((np.maximum(likeness, _OTHERS_MEAN) - _OTHERS_MEAN) / others) ** 2
    return same - different + np.log(others)


@dataclass(frozen=True, slots=True)
class VoiceTable:
    """Voices as rows, so that many are compared at once; see Voice."""

    totals: Vector
    """Shape (n, dimension)."""
    durations: Vector
    """Shape (n,)."""

    @staticmethod
    def of(voices: Sequence[Voice]) -> VoiceTable:
        """One row a voice; at least one."""
        return VoiceTable(
            np.stack([voice.total for voice in voices]),
            np.array([voice.duration for voice in voices]),
        )

    def row(self, index: int) -> VoiceTable:
        """A table of one voice."""
        return VoiceTable(self.totals[index : index + 1], self.durations[index : index + 1])

    def likeness(self, other: VoiceTable) -> Vector:
        """Voice.likeness of each pair, shape (n, n_other)."""
        result: Vector = self._expected() @ other._expected().T
        return result

    def evidence(self, other: VoiceTable) -> Vector:
        """Evidence of each pair, shape (n, n_other).

        >>> voices = [Voice.of(np.eye(2)[i], 4.0) for i in (0, 1)]
        >>> table = VoiceTable.of(voices)
        >>> bool(np.isclose(table.evidence(table)[0, 1], evidence(*voices)))
        True
        """
        own = _spread(self.durations[:, None], other.durations[None, :])
        result: Vector = _evidence(self.likeness(other), own)
        return result

    def evidence_by_row(self, other: VoiceTable) -> Vector:
        """Evidence of each row with the same row of `other`, shape (n,)."""
        own = _spread(self.durations, other.durations)
        likeness = (self._expected() * other._expected()).sum(axis=1)
        result: Vector = _evidence(likeness, own)
        return result

    def _expected(self) -> Vector:
        """Unit rows over their reliability; a silent voice is like nobody."""
        length = np.linalg.norm(self.totals, axis=1) * np.sqrt(
            self.durations / (self.durations + HALF_RELIABLE)
        )
        rows: Vector = self.totals / np.maximum(length, 1e-12)[:, None]
        return rows
