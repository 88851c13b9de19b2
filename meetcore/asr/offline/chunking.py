"""Cuts a long recording at pauses into pieces that fit one window of the recognizer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from meetcore.asr.vad.activity import (
    FRAME_SAMPLES,
    Activity,
    Probabilities,
    Region,
    frame_levels_db,
    regions_of,
)
from meetcore.records import SAMPLE_RATE, ReadSamples, Samples

LONGEST_SAMPLES = 28 * SAMPLE_RATE
SHORTEST_SAMPLES = 18 * SAMPLE_RATE
"""A piece ends between these lengths: Whisper takes 30 s, and is best with nearly all of it."""
LEAD_SAMPLES = SAMPLE_RATE // 5
"""Silence kept before a piece's first speech: with more, tiny weights repeat themselves."""
SPEECH_THRESHOLD = 0.35
"""Lower than the usual 0.5: a word that is cut off costs more than a pause that is missed."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a recording to recognize, with its voice activity."""

    start_sample: int
    """First sample of the piece in the recording."""
    samples: Samples
    """Shape (n_samples,), float32, 16 kHz."""
    regions: tuple[Region, ...]
    """Speech in the piece, counted from its first sample."""
    speech: float
    """Largest probability of speech of any frame."""
    level_db: float
    """Level of the fifth loudest frame (a click has fewer), in dB of full scale."""

    @property
    def end_sample(self) -> int:
        """Sample of the recording after the piece."""
        return self.start_sample + len(self.samples)


def cut_pieces(
    read: ReadSamples, total_samples: int, activity: Activity, start_sample: int = 0
) -> Iterator[Piece]:
    """Pieces of at most 28 s, in order and without overlap; silence between them is left out.

    Parameters
    ----------
    read : gives samples, shape (n_samples,), float32, 16 kHz; called with at most 28 s at a time
    total_samples : length of the recording
    activity : voice activity detector; loud sound that it finds no speech in is kept
    start_sample : end of a piece of an earlier call; gives the pieces after that one
    """
    position = start_sample
    while position < total_samples:
        window, probabilities = _read_window(read, position, total_samples, activity)
        lead = _silent_lead(window, probabilities)
        if lead > 0:
            position += lead
            continue
        length = len(window)
        if position + length < total_samples:
            length = cut_at_pause(window, probabilities)
        yield piece_of(window[:length], probabilities[: -(-length // FRAME_SAMPLES)], position)
        position += length


def piece_of(samples: Samples, probabilities: Probabilities, start_sample: int) -> Piece:
    """A piece with its regions and levels.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float32, 16 kHz
    probabilities : np.ndarray, shape (n_frames,), probability of speech per 512 samples
    start_sample : first sample of the piece in the recording
    """
    levels = frame_levels_db(samples)
    regions = regions_of(probabilities >= SPEECH_THRESHOLD, samples.shape[0])
    return Piece(
        start_sample,
        samples,
        tuple(regions),
        float(probabilities.max(initial=0.0)),
        float(np.sort(levels)[-5:].min(initial=0.0)) if levels.shape[0] else -100.0,
    )


def _read_window(
    read: ReadSamples, position: int, total_samples: int, activity: Activity
) -> tuple[Samples, Probabilities]:
    window = read(position, min(total_samples, position + LONGEST_SAMPLES))
    activity.reset()
    return window, activity.speech_probabilities(window)


def _silent_lead(window: Samples, probabilities: Probabilities) -> int:
    """Length of the quiet start without speech that can be left out, in samples."""
    levels = frame_levels_db(window)
    # Frames above -45 dB are kept at a lower speech probability: voice activity misses some.
    kept = (probabilities >= SPEECH_THRESHOLD) | ((levels > -45.0) & (probabilities >= 0.1))
    if not kept.any():
        return 0 if np.mean(levels > -35.0) > 0.1 else window.shape[0]
    lead = int(np.argmax(kept)) * FRAME_SAMPLES - LEAD_SAMPLES
    return lead if lead > LEAD_SAMPLES else 0


def cut_at_pause(window: Samples, probabilities: Probabilities) -> int:
    """Samples before the best cut: inside the longest pause, else at the faintest 100 ms.

    Parameters
    ----------
    window : np.ndarray, shape (n_samples,), float32, 16 kHz
    probabilities : np.ndarray, shape (n_frames,), probability of speech per 512 samples
    """
    first = SHORTEST_SAMPLES // FRAME_SAMPLES
    gaps = _pauses(probabilities < SPEECH_THRESHOLD, first)
    if gaps:
        start, end = max(gaps, key=lambda gap: (gap[1] - gap[0], gap[1]))
        return (start + end) // 2 * FRAME_SAMPLES
    levels = np.convolve(frame_levels_db(window), np.ones(3) / 3, mode="same")
    cost = levels + 20.0 * probabilities
    return (first + int(np.argmin(cost[first:-2]))) * FRAME_SAMPLES


def _pauses(
    silent: np.ndarray[tuple[int], np.dtype[np.bool_]], first: int
) -> list[tuple[int, int]]:
    """Runs of at least 3 silent frames (96 ms) after frame `first`, as (start, end) frames."""
    padded = np.concatenate(([False], silent[first:], [False])).astype(np.int8)
    edges = np.flatnonzero(np.diff(padded)).reshape(-1, 2) + first
    return [(int(start), int(end)) for start, end in edges if end - start >= 3]
