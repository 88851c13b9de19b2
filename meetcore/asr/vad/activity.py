"""Where somebody speaks, for scheduling decodes and cutting at pauses; never the only gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from meetcore.records import SAMPLE_RATE, Samples

FRAME_SAMPLES = 512
"""One probability of speech per 32 ms."""

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
    """Something that hears speech."""

    def speech_probabilities(self, samples: Samples) -> Probabilities:
        """One probability per full or last, partial frame of 512 samples.

        A detector with memory goes on from the previous call, so call it with consecutive
        audio, whole frames at a time, and ``reset()`` before other audio.
        """
        ...

    def reset(self) -> None:
        """Forget the audio heard so far."""
        ...


def find_regions(
    samples: Samples,
    activity: Activity,
    *,
    threshold: float = 0.35,
    pause: float = 0.25,
    margin: float = 0.1,
) -> list[Region]:
    """Stretches of speech in a piece of audio, in order.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float32, 16 kHz
    threshold : a frame at or above it is speech; below its usual 0.5, because a word that is
        cut off costs more than a pause that is missed
    pause : seconds without speech that end a region
    margin : seconds added on both sides
    """
    activity.reset()
    speech = activity.speech_probabilities(samples) >= threshold
    return regions_of(speech, samples.shape[0], pause=pause, margin=margin)


def regions_of(
    speech: npt.NDArray[np.bool_], n_samples: int, *, pause: float = 0.25, margin: float = 0.1
) -> list[Region]:
    """Frames marked as speech, joined over short pauses, as stretches of samples."""
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


def speech_samples(regions: Sequence[Region]) -> int:
    """How many samples of speech the regions hold."""
    return sum(region.length_samples for region in regions)


class EnergyActivity:
    """Speech is what stands out of the quietest tenth of the audio so far; needs no weight.

    The floor follows the 10th percentile of the frames heard in the last 30 s; 12 dB above
    it the probability is one half. Frames under -60 dBFS are never speech.
    """

    def __init__(self) -> None:
        self._history = np.zeros(0, dtype=np.float32)

    def reset(self) -> None:
        """Forget the floor."""
        self._history = np.zeros(0, dtype=np.float32)

    def speech_probabilities(self, samples: Samples) -> Probabilities:
        """One probability per frame of 512 samples."""
        levels = frame_levels_db(samples)
        if levels.shape[0] == 0:
            return levels
        self._history = np.concatenate((self._history, levels))[-30 * SAMPLE_RATE // 512 :]
        heard = self._history[self._history > -90.0]
        floor = float(np.percentile(heard, 10)) if heard.shape[0] else -60.0
        margin_db = levels - max(min(floor, -30.0) + 12.0, -60.0)
        probabilities = 1.0 / (1.0 + np.exp(-margin_db / 2.0))
        return np.where(levels < -60.0, 0.0, probabilities).astype(np.float32)


def frame_levels_db(samples: Samples) -> Probabilities:
    """RMS of each frame of 512 samples in dB relative to full scale, shape (n_frames,)."""
    count = -(-samples.shape[0] // FRAME_SAMPLES)
    padded = np.zeros(count * FRAME_SAMPLES, dtype=np.float32)
    padded[: samples.shape[0]] = samples
    power = np.mean(padded.reshape(count, FRAME_SAMPLES) ** 2, axis=1)
    levels: Probabilities = 10.0 * np.log10(np.maximum(power, 1e-10)).astype(np.float32)
    return levels
