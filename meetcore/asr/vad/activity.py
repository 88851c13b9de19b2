"""Voice activity detection: the protocol, speech regions, an energy fallback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from meetcore.records import SAMPLE_RATE, Samples

FRAME_SAMPLES = 512
"""Samples per frame (32 ms at 16 kHz)."""

Probabilities = npt.NDArray[np.float32]
"""Probability of speech, shape (n_frames,), float32 in [0, 1], one per 512 samples."""


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of speech, in samples."""

    start_sample: int
    end_sample: int

    @property
    def length_samples(self) -> int:
        """How long it is."""
        return self.end_sample - self.start_sample


class Activity(Protocol):
    """A voice activity detector; used by one stream at a time."""

    def speech_probabilities(self, samples: Samples) -> Probabilities:
        """The probability of speech in each frame of 512 samples; the last one may be partial.

        A detector with state continues from the previous call: call it with consecutive audio,
        whole frames at a time, and ``reset()`` before other audio.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz

        Returns
        -------
        np.ndarray, shape (n_frames,), float32 in [0, 1]
        """
        ...

    def reset(self) -> None:
        """Clear the state, before audio that does not continue the last."""
        ...


def regions_of(
    speech: npt.NDArray[np.bool_], n_samples: int, *, pause: float = 0.25, margin: float = 0.1
) -> list[Region]:
    """Regions from frames marked as speech, joined over short pauses.

    Parameters
    ----------
    speech : np.ndarray, shape (n_frames,), bool, frames of 512 samples
    n_samples : length of the audio; no region reaches past it
    pause : seconds without speech that end a region
    margin : seconds added on both sides
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], speech.astype(np.int8), [0]))))
    margin_samples = round(margin * SAMPLE_RATE)
    pause_samples = round(pause * SAMPLE_RATE)
    regions: list[Region] = []
    for first, last in edges.reshape(-1, 2) * FRAME_SAMPLES:
        start = max(0, int(first) - margin_samples)
        end = min(n_samples, int(last) + margin_samples)
        if regions and int(first) - (regions[-1].end_sample - margin_samples) < pause_samples:
            regions[-1] = Region(regions[-1].start_sample, end)
        else:
            start = max(start, regions[-1].end_sample) if regions else start
            regions.append(Region(start, end))
    return regions


class EnergyActivity:
    """Voice activity from the level alone, for machines without Silero's weights.

    The noise floor is the 10th percentile of the frame levels of the last 30 s; 12 dB above it
    the probability is one half. Frames under -60 dBFS are never speech.
    """

    def __init__(self) -> None:
        self._history = np.zeros(0, dtype=np.float32)

    def reset(self) -> None:
        """Forget the noise floor."""
        self._history = np.zeros(0, dtype=np.float32)

    def speech_probabilities(self, samples: Samples) -> Probabilities:
        """The probability of speech in each frame; see Activity.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz

        Returns
        -------
        np.ndarray, shape (n_frames,), float32 in [0, 1]
            One per 512 samples; the last frame may be partial.
        """
        levels = frame_levels_db(samples)
        if levels.shape[0] == 0:
            return levels
        self._history = np.concatenate((self._history, levels))[-30 * SAMPLE_RATE // 512 :]
        audible = self._history[self._history > -90.0]
        floor = float(np.percentile(audible, 10)) if audible.shape[0] else -60.0
        margin_db = levels - max(min(floor, -30.0) + 12.0, -60.0)
        probabilities = 1.0 / (1.0 + np.exp(-margin_db / 2.0))
        return np.where(levels < -60.0, 0.0, probabilities).astype(np.float32)


def frame_levels_db(samples: Samples) -> Probabilities:
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
    levels: Probabilities = 10.0 * np.log10(np.maximum(power, 1e-10)).astype(np.float32)
    return levels
