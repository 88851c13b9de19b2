"""Cuts a long recording at pauses into pieces that fit one window of the recognizer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from meetcore.asr.vad.activity import Activity, Probabilities, Region, regions_of, solid_speech
from meetcore.asr.vad.levels import (
    FRAME_SAMPLES,
    frame_levels_db,
    gain_db,
    loudest_tenth_db,
    scaled,
)
from meetcore.asr.vad.recording_speech import RecordingSpeech
from meetcore.records import SAMPLE_RATE, ReadSamples, Samples

LONGEST_SAMPLES = 28 * SAMPLE_RATE
SHORTEST_SAMPLES = 18 * SAMPLE_RATE
"""A piece ends between these lengths: Whisper takes 30 s, and is best with nearly all of it."""
LEAD_FRAMES = 6
"""Frames (0.2 s) kept before a piece's first speech: with more, tiny weights repeat themselves."""
SPEECH_THRESHOLD = 0.35
"""Lower than the usual 0.5: a word that is cut off costs more than a pause that is missed."""
_ONSET_THRESHOLD = 0.1
"""A weak onset of speech: frames of at least this probability before it belong to it."""


@dataclass(frozen=True, slots=True)
class SpeechWindow:
    """Probability of speech per 512 samples of the recording from a sample on."""

    start_sample: int
    probabilities: Probabilities


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a recording to recognize, with its voice activity."""

    start_sample: int
    """First sample of the piece in the recording."""
    samples: Samples
    """Shape (n_samples,), float32, 16 kHz; scaled so that its speech has a usual level."""
    regions: tuple[Region, ...]
    """Speech in the piece, counted from its first sample."""
    window: SpeechWindow
    """Probability of speech in the piece, and around it where the piece is a part of another."""
    speech_level_db: float
    """Level of the speech before it was scaled, in dB of full scale."""

    @property
    def end_sample(self) -> int:
        """Sample of the recording after the piece."""
        return self.start_sample + len(self.samples)

    @property
    def probabilities(self) -> Probabilities:
        """Probability of speech per 512 samples; the first and last frame may be partial."""
        first = (self.start_sample - self.window.start_sample) // FRAME_SAMPLES
        stop = -(-(self.end_sample - self.window.start_sample) // FRAME_SAMPLES)
        return self.window.probabilities[first:stop]


def cut_pieces(
    read: ReadSamples, total_samples: int, activity: Activity, start_sample: int = 0
) -> Iterator[Piece]:
    """Pieces of at most 28 s, in order and without overlap; audio without speech is left out.

    Parameters
    ----------
    read : gives samples, shape (n_samples,), float32, 16 kHz; called with at most 28 s at a time
    total_samples : length of the recording
    activity : a voice activity detector for this call alone
    start_sample : end of a piece of an earlier call; gives the pieces after that one
    """
    speech = RecordingSpeech(read, total_samples, activity)
    # Positions are whole frames, so that a frame has the same probability in every window.
    position = -(-start_sample // FRAME_SAMPLES) * FRAME_SAMPLES
    while position < total_samples:
        stop = min(total_samples, position + LONGEST_SAMPLES)
        probabilities = speech.probabilities(position // FRAME_SAMPLES, -(-stop // FRAME_SAMPLES))
        lead = _lead_frames(probabilities, stop == total_samples) * FRAME_SAMPLES
        if lead > 0:
            position += lead
            continue
        window = read(position, stop)
        length = len(window)
        if stop < total_samples:
            length = cut_at_pause(window, probabilities)
        yield piece_of(window[:length], probabilities[: -(-length // FRAME_SAMPLES)], position)
        position += length


def piece_of(samples: Samples, probabilities: Probabilities, start_sample: int) -> Piece:
    """A piece with its regions, scaled by the level of its speech.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float32, 16 kHz
    probabilities : np.ndarray, shape (n_frames,), probability of speech per 512 samples
    start_sample : first sample of the piece in the recording
    """
    speech = probabilities >= SPEECH_THRESHOLD
    level = loudest_tenth_db(frame_levels_db(samples)[speech])
    return Piece(
        start_sample,
        scaled(samples, float(gain_db(level))),
        tuple(regions_of(speech, samples.shape[0])),
        SpeechWindow(start_sample, probabilities),
        level,
    )


def _lead_frames(probabilities: Probabilities, last: bool) -> int:
    """Frames before the first speech that can be left out; of a window without speech, all.

    Parameters
    ----------
    last : whether the window reaches to the end of the recording
    """
    speech = np.flatnonzero(solid_speech(probabilities, SPEECH_THRESHOLD))
    count = int(probabilities.shape[0])
    if not speech.shape[0]:
        # What may be the start of a word at the window's end is judged with what follows it.
        return count - (0 if last else 2 * LEAD_FRAMES)
    first = int(speech[0])
    while first > 0 and probabilities[first - 1] >= _ONSET_THRESHOLD:
        first -= 1
    lead = first - LEAD_FRAMES
    return lead if lead > LEAD_FRAMES else 0


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
