"""Voice activity detection: the protocol, speech regions, an energy fallback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from meetcore.asr.vad.levels import FRAME_SAMPLES, frame_levels_db
from meetcore.records import SAMPLE_RATE, Samples

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


SHORTEST_FRAMES = 3
"""Frames (96 ms) of the shortest word; a shorter stretch is a click or a note."""
FALL = 0.15
"""Speech goes on while the probability is at most this far below the threshold."""


def solid_speech(probabilities: Probabilities, threshold: float) -> npt.NDArray[np.bool_]:
    """Frames of stretches of speech of at least 96 ms.

    A stretch goes on while the probability is at most 0.15 below the threshold, which it reaches
    at least once. Source: Silero VAD's `get_speech_timestamps` (neg_threshold).

    >>> solid_speech(np.array([0.3, 0.4, 0.3, 0.0, 0.9, 0.0], dtype=np.float32), 0.35).astype(int)
    array([1, 1, 1, 0, 0, 0])
    """
    held = probabilities >= threshold - FALL
    solid = np.zeros(held.shape, dtype=np.bool_)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], held.astype(np.int8), [0]))))
    for first, last in edges.reshape(-1, 2):
        long_enough = last - first >= SHORTEST_FRAMES
        solid[first:last] = long_enough and probabilities[first:last].max() >= threshold
    return solid


class EnergyActivity:
    """Voice activity from the level alone, for machines without Silero's weights.

    The noise floor is the 10th percentile of the frame levels of the last 30 s; 12 dB above it
    the probability is one half, but not more than 30 dB below the loudest twentieth.
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
        audible = self._history[self._history > -95.0]
        if audible.shape[0] == 0:
            return np.zeros(levels.shape, dtype=np.float32)
        floor, loud = np.percentile(audible, (10, 95))
        margin_db = levels - max(float(floor) + 12.0, float(loud) - 30.0)
        probabilities: Probabilities = (1.0 / (1.0 + np.exp(-margin_db / 2.0))).astype(np.float32)
        return probabilities
