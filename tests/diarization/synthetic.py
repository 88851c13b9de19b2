"""Synthetic voices: audio whose level is the speaker's number, and fake models that read it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from meetcore.diarization.embedding import Embeddings, Masks
from meetcore.diarization.segmentation import Activity, FrameGrid
from meetcore.diarization.voice_similarity import reliability
from meetcore.records import SAMPLE_RATE, Samples

DIMENSION = 192
LEVEL = 0.05
"""Speaker n speaks at n times this value."""


def conversation(*stretches: tuple[int, float]) -> Samples:
    """Audio from (speaker, seconds); speaker 0 is silence."""
    parts = [np.full(round(t * SAMPLE_RATE), who * LEVEL, np.float32) for who, t in stretches]
    return np.concatenate(parts)


def _generator(*heard: np.ndarray) -> np.random.Generator:
    content = b"".join(array.tobytes() for array in heard)
    return np.random.default_rng(int(hashlib.md5(content).hexdigest()[:8], 16))


class SyntheticSegmentation:
    """Exact activity of the speakers in a window, with the columns in random order."""

    grid = FrameGrid(270, 991)
    window_samples = 10 * SAMPLE_RATE

    def __init__(self) -> None:
        self.windows = 0

    def activity(self, windows: Samples) -> Activity:
        return np.stack([self._one(window) for window in windows])

    def _one(self, window: Samples) -> Activity:
        self.windows += 1
        count = self.grid.count(len(window))
        centres = np.arange(count) * self.grid.step_samples + self.grid.size_samples // 2
        who = np.round(window[centres] / LEVEL).astype(int)
        scores = np.zeros((count, 3), np.float32)
        speakers = [int(speaker) for speaker in dict.fromkeys(who.tolist()) if speaker][:3]
        columns = _generator(window).permutation(3)
        for column, speaker in zip(columns, speakers, strict=False):
            scores[:, column] = who == speaker
        return scores


class SyntheticEmbedding:
    """A fixed direction per speaker, blurred as much as real speech of that length would be."""

    weight = "synthetic"
    dimension = DIMENSION

    def __init__(self) -> None:
        self.seconds = 0.0

    def embed(self, samples: Samples, masks: Masks | None = None) -> Embeddings:
        masks = np.ones((1, 100), bool) if masks is None else masks
        return np.stack([self._one(samples, mask) for mask in masks])

    def _one(self, samples: Samples, mask: np.ndarray) -> np.ndarray:
        index = (np.flatnonzero(mask) + 0.5) * len(samples) / len(mask)
        duration = len(index) / len(mask) * len(samples) / SAMPLE_RATE
        self.seconds += duration
        speaker = round(float(np.median(samples[index.astype(int)])) / LEVEL)
        blur = _generator(samples, mask).normal(size=DIMENSION)
        known = reliability(duration)
        vector = known * voice_of(speaker) + np.sqrt(1 - known**2) * blur / np.linalg.norm(blur)
        return (vector / np.linalg.norm(vector)).astype(np.float32)


def voice_of(speaker: int) -> np.ndarray:
    """The direction of a speaker's voice, shape (192,), unit length."""
    vector = np.random.default_rng([speaker, 2024]).normal(size=DIMENSION)
    return vector / np.linalg.norm(vector)


def said(turns: Sequence[object], at: float) -> str | None:
    """Who speaks at one moment."""
    for turn in turns:
        if turn.start <= at < turn.end:  # type: ignore[attr-defined]
            return turn.speaker  # type: ignore[attr-defined]
    return None
