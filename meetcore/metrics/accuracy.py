"""Word, speaker-attributed word, and diarization errors of one transcript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from meetcore.metrics.cpwer import cp_word_errors
from meetcore.metrics.der import DiarizationErrors, Span, diarization_errors
from meetcore.metrics.reference import Reference
from meetcore.metrics.wer import WordErrors, word_errors
from meetcore.records import Segment, Turn


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Errors of one transcript; None where the reference or the transcript lacks what is scored."""

    words: WordErrors | None = None
    words_by_speaker: WordErrors | None = None
    turns: DiarizationErrors | None = None
    speakers: int = 0


def accuracy(
    segments: Sequence[Segment],
    turns: Sequence[Turn] | None,
    reference: Reference,
    duration: float,
) -> Accuracy:
    """Errors of a transcript and its turns against a reference, over a whole recording.

    Parameters
    ----------
    turns : sequence of Turn, optional
        None without diarization: no diarization errors are computed.
    duration : float
        Seconds of the recording; all of it is scored.
    """
    words = by_speaker = of_turns = None
    if reference.segments is not None:
        words = word_errors(reference.text, " ".join(segment.text for segment in segments))
        if reference.by_speaker:
            by_speaker = cp_word_errors(reference.segments, segments)
    if reference.turns is not None and turns is not None:
        of_turns = diarization_errors(reference.turns, turns, [Span(0.0, duration)])
    speakers = len({segment.speaker for segment in segments} - {None})
    return Accuracy(words, by_speaker, of_turns, speakers)
