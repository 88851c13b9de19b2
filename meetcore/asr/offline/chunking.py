"""A long recording cut at pauses into pieces that Whisper can hear at once; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
from meetcore.records import SAMPLE_RATE, Samples

ReadSamples = Callable[[int, int], Samples]
"""The samples from a first to a last (exclusive) sample of a recording."""

LONGEST_SAMPLES = 28 * SAMPLE_RATE
SHORTEST_SAMPLES = 18 * SAMPLE_RATE
"""Cuts are looked for between these; Whisper hears 30 s, and hears best with nearly all of it."""
LEAD_SAMPLES = SAMPLE_RATE // 5
"""Silence kept before the first speech of a piece: more makes tiny weights repeat themselves."""
SPEECH = 0.35
"""Frames at or above it count as speech; see ``activity.find_regions``."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch to recognize, with what voice activity found in it."""

    start_sample: int
    """Where it begins in the recording."""
    samples: Samples
    regions: tuple[Region, ...]
    """Speech, counted from the first sample of the piece."""
    speech: float
    """Largest probability of speech of any frame."""
    level_db: float
    """Level of its fifth loudest frame (a click has fewer), in dB relative to full scale."""

    @property
    def end_sample(self) -> int:
        """Where it ends in the recording."""
        return self.start_sample + len(self.samples)


def cut_pieces(
    read: ReadSamples, total_samples: int, activity: Activity, start_sample: int = 0
) -> Iterator[Piece]:
    """The recording in pieces of at most 28 s, in order, none overlapping; silence is left out.

    Begun at the end of a piece, it gives the pieces that follow that one.

    Parameters
    ----------
    read : gives the samples between two positions; called with at most 28 s at a time
    total_samples : length of the recording
    activity : hears speech; where it hears none but there is sound, the sound is kept
    """
    position = start_sample
    while position < total_samples:
        window, probabilities = _hear(read, position, total_samples, activity)
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
    """A piece and its evidence."""
    levels = frame_levels_db(samples)
    regions = regions_of(probabilities >= SPEECH, samples.shape[0])
    return Piece(
        start_sample,
        samples,
        tuple(regions),
        float(probabilities.max(initial=0.0)),
        float(np.sort(levels)[-5:].min(initial=0.0)) if levels.shape[0] else -100.0,
    )


def _hear(
    read: ReadSamples, position: int, total_samples: int, activity: Activity
) -> tuple[Samples, Probabilities]:
    window = read(position, min(total_samples, position + LONGEST_SAMPLES))
    activity.reset()
    return window, activity.speech_probabilities(window)


def _silent_lead(window: Samples, probabilities: Probabilities) -> int:
    """Samples at the start of a window that can be left out: quiet, and nobody speaks."""
    levels = frame_levels_db(window)
    # Sound that voice activity does not take for speech stays, unless it is faint.
    heard = (probabilities >= SPEECH) | ((levels > -45.0) & (probabilities >= 0.1))
    if not heard.any():
        return 0 if np.mean(levels > -35.0) > 0.1 else window.shape[0]
    lead = int(np.argmax(heard)) * FRAME_SAMPLES - LEAD_SAMPLES
    return lead if lead > LEAD_SAMPLES else 0


def cut_at_pause(window: Samples, probabilities: Probabilities) -> int:
    """Samples before the best cut: amid the longest pause, else at the faintest 100 ms."""
    first = SHORTEST_SAMPLES // FRAME_SAMPLES
    gaps = _pauses(probabilities < SPEECH, first)
    if gaps:
        start, end = max(gaps, key=lambda gap: (gap[1] - gap[0], gap[1]))
        return (start + end) // 2 * FRAME_SAMPLES
    levels = np.convolve(frame_levels_db(window), np.ones(3) / 3, mode="same")
    doubt = levels + 20.0 * probabilities
    return (first + int(np.argmin(doubt[first:-2]))) * FRAME_SAMPLES


def _pauses(
    silent: np.ndarray[tuple[int], np.dtype[np.bool_]], first: int
) -> list[tuple[int, int]]:
    """Runs of at least 3 silent frames (96 ms) that reach past frame `first`."""
    padded = np.concatenate(([False], silent[first:], [False])).astype(np.int8)
    edges = np.flatnonzero(np.diff(padded)).reshape(-1, 2) + first
    return [(int(start), int(end)) for start, end in edges if end - start >= 3]
