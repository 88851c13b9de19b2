"""`Piece`: a part of a recording that fits one window of the recognizer."""

from __future__ import annotations

from dataclasses import dataclass

from meetcore.asr.vad.activity import Probabilities, Region, regions_of
from meetcore.asr.vad.levels import (
    FRAME_SAMPLES,
    frame_levels_db,
    gain_db,
    loudest_tenth_db,
    scaled,
)
from meetcore.records import Samples

SPEECH_THRESHOLD = 0.35
"""Lower than the usual 0.5: a word that is cut off costs more than a pause that is missed."""


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
