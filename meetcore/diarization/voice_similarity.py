"""Similarity and likelihood ratio of two voices, corrected for their durations."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Numbers = Any
"""A float64 or an array of them; the formulas take both."""

HALF_RELIABLE = 1.5
"""Seconds of speech at which half of an embedding's energy is the voice and half is noise.

Measured with CAM++ on crops of real meetings: the mean cosine of two crops of one speaker is
0.23, 0.37, 0.49, 0.67 at 0.6, 1.0, 1.5, 3.0 s, which d / (d + 1.5) follows.
"""


def reliability(duration: float) -> float:
    """Expected cosine between an embedding of `duration` seconds and the speaker's true voice.

    >>> round(reliability(1.5) ** 2, 3)
    0.5
    """
    return float(np.sqrt(duration / (duration + HALF_RELIABLE)))


_OTHERS_MEAN, _OTHERS_DEVIATION = 0.27, 0.17
"""Similarity of different speakers: mean and deviation, measured with CAM++ on meetings."""


def similarity_deviation(one: float, other: float) -> float:
    """Standard deviation of the similarity of two voices of one speaker, given seconds of each.

    Measured with CAM++ on real meetings: 0.16 over the harmonic sum of both durations, and
    hardly ever less than 0.06.
    """
    return float(_similarity_deviation(np.float64(one), np.float64(other)))


def _similarity_deviation(one: Numbers, other: Numbers) -> Numbers:
    together = one * other / np.maximum(one + other, 1e-9)
    return np.maximum(0.06, 0.16 / np.maximum(together, 1e-9))


def boundary(one: float, other: float) -> float:
    """Similarity halfway between one speaker and two, in standard deviations of both.

    >>> round(boundary(1.0, 60.0), 2), round(boundary(20.0, 60.0), 2)
    (0.64, 0.81)
    """
    own = similarity_deviation(one, other)
    return 1.0 - (1.0 - _OTHERS_MEAN) * own / (own + _OTHERS_DEVIATION)


@dataclass(frozen=True, slots=True)
class Voice:
    """A speaker's voice: a weighted sum of embeddings, and how much speech they are made from."""

    total: Vector
    """Shape (dimension,), float64."""
    duration: float
    """Seconds of speech."""

    @staticmethod
    def of(embedding: npt.NDArray[np.floating], duration: float) -> Voice:
        """The voice of one embedding, weighted by signal over noise (matched filter).

        Parameters
        ----------
        embedding : np.ndarray, shape (dimension,), float32, unit length
        duration : seconds of speech
        """
        weight = np.sqrt(duration * (duration + HALF_RELIABLE))
        return Voice(embedding.astype(np.float64) * weight, duration)

    def plus(self, other: Voice) -> Voice:
        """The voice of both voices' speech together."""
        return Voice(self.total + other.total, self.duration + other.duration)

    @staticmethod
    def empty(dimension: int) -> Voice:
        """A voice without any speech."""
        return Voice(np.zeros(dimension), 0.0)

    def minus(self, other: Voice) -> Voice:
        """This voice without the speech of `other`."""
        return Voice(self.total - other.total, max(0.0, self.duration - other.duration))

    @property
    def direction(self) -> Vector:
        """Unit vector of the voice, shape (dimension,), float64."""
        result: Vector = self.total / max(float(np.linalg.norm(self.total)), 1e-12)
        return result

    def similarity(self, other: Voice) -> float:
        """Cosine over the cosine expected of one speaker; 0 where a voice has no speech.

        About 1 for one speaker and 0.27 for two (see `reliability`).
        """
        if self.duration <= 0 or other.duration <= 0:
            return 0.0
        cosine = float(self.direction @ other.direction)
        return cosine / (reliability(self.duration) * reliability(other.duration))


def sum_of_voices(voices: Sequence[Voice]) -> Voice:
    """The voice of all voices' speech together; needs at least one."""
    return functools.reduce(Voice.plus, voices)


def log_likelihood_ratio(one: Voice, other: Voice) -> float:
    """Log-likelihood ratio of two voices being one speaker rather than two; 0 is undecided."""
    own = np.float64(similarity_deviation(one.duration, other.duration))
    return float(_log_likelihood_ratio(np.float64(one.similarity(other)), own))


def _log_likelihood_ratio(similarity: Numbers, own: Numbers) -> Numbers:
    # Above the mean of one speaker, or below that of two, the density counts as at its mean.
    similarity = np.minimum(1.0, similarity)
    others = np.hypot(_OTHERS_DEVIATION, np.minimum(own, 0.25))
    same = -0.5 * ((similarity - 1.0) / own) ** 2 - np.log(own)
    different = -0.5 * ((np.maximum(similarity, _OTHERS_MEAN) - _OTHERS_MEAN) / others) ** 2
    return same - different + np.log(others)


@dataclass(frozen=True, slots=True)
class VoiceTable:
    """Many voices as rows of arrays, to be compared all at once; see Voice."""

    totals: Vector
    """Shape (n, dimension), float64."""
    durations: Vector
    """Seconds of speech, shape (n,), float64."""

    @staticmethod
    def of(voices: Sequence[Voice]) -> VoiceTable:
        """A table with one row per voice; needs at least one."""
        return VoiceTable(
            np.stack([voice.total for voice in voices]),
            np.array([voice.duration for voice in voices]),
        )

    def row(self, index: int) -> VoiceTable:
        """A table of one voice of this one."""
        return VoiceTable(self.totals[index : index + 1], self.durations[index : index + 1])

    def similarity(self, other: VoiceTable) -> Vector:
        """Voice.similarity of each pair, shape (n, n_other), float64."""
        result: Vector = self._expected() @ other._expected().T
        return result

    def log_likelihood_ratio(self, other: VoiceTable) -> Vector:
        """Log-likelihood ratio of each pair of voices, shape (n, n_other), float64.

        >>> voices = [Voice.of(np.eye(2)[i], 4.0) for i in (0, 1)]
        >>> table = VoiceTable.of(voices)
        >>> bool(np.isclose(table.log_likelihood_ratio(table)[0, 1], log_likelihood_ratio(*voices)))
        True
        """
        own = _similarity_deviation(self.durations[:, None], other.durations[None, :])
        result: Vector = _log_likelihood_ratio(self.similarity(other), own)
        return result

    def log_likelihood_ratio_by_row(self, other: VoiceTable) -> Vector:
        """Log-likelihood ratio of each row with the same row of `other`, shape (n,), float64."""
        own = _similarity_deviation(self.durations, other.durations)
        similarity = (self._expected() * other._expected()).sum(axis=1)
        result: Vector = _log_likelihood_ratio(similarity, own)
        return result

    def _expected(self) -> Vector:
        """Unit rows over their reliability; zero for a voice without speech."""
        length = np.linalg.norm(self.totals, axis=1) * np.sqrt(
            self.durations / (self.durations + HALF_RELIABLE)
        )
        rows: Vector = self.totals / np.maximum(length, 1e-12)[:, None]
        return rows
