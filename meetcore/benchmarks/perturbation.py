"""The same recording with changes that should not matter: dither, level, and a later beginning.

One clip gives word error rates that differ by several points for such reasons, so that a single
run says little. The benches run each clip several times and report mean and spread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meetcore.audio.pcm import to_pcm, to_samples
from meetcore.records import SAMPLE_RATE, Samples

DITHER_DB = -70.0
"""Level of the white noise that is added, in dB of full scale."""
GAIN_DB = 3.0
"""Largest change of the level, in dB."""
LONGEST_LEAD_S = 0.5
"""Longest noise put before the audio: the default time between two live decodes."""

GOLDEN_RATIO = 0.618
"""Its multiples are spread evenly, in an order other than that of the leads."""


@dataclass(frozen=True, slots=True)
class Perturbation:
    """One set of changes.

    Parameters
    ----------
    seed : of the dither
    gain_db : change of the level
    lead_samples : samples of dither before the audio
    """

    seed: int
    gain_db: float
    lead_samples: int

    @property
    def lead(self) -> float:
        """Seconds of dither before the audio."""
        return self.lead_samples / SAMPLE_RATE

    def of(self, samples: Samples) -> Samples:
        """The changed recording, rounded to 16 bits as recordings are.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz

        Returns
        -------
        np.ndarray, shape (lead_samples + n_samples,), float32, 16 kHz
        """
        audio = np.concatenate((np.zeros(self.lead_samples, np.float32), samples))
        noise = np.random.default_rng(self.seed).standard_normal(audio.shape[0], np.float32)
        changed = audio * _factor(self.gain_db) + noise * _factor(DITHER_DB)
        return to_samples(to_pcm(np.clip(changed, -1.0, 1.0)))


def _factor(db: float) -> np.float32:
    return np.float32(10 ** (db / 20))


def perturbations(count: int) -> tuple[Perturbation, ...]:
    """So many sets of changes, always the same ones; levels and leads are spread evenly.

    >>> [round(each.gain_db, 1) for each in perturbations(4)]
    [0.0, -2.3, 1.4, -0.9]
    """
    return tuple(
        Perturbation(
            seed=number,
            gain_db=GAIN_DB * (2 * ((0.5 + GOLDEN_RATIO * number) % 1) - 1),
            lead_samples=round((number + 0.5) / count * LONGEST_LEAD_S * SAMPLE_RATE),
        )
        for number in range(count)
    )
