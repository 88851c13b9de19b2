"""A reference whose audio begins later, for recordings that the benches put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from meetcore.metrics.live_log import ReferenceWord
from meetcore.metrics.reference import Reference
from meetcore.records import Segment, Turn


def shifted_reference(reference: Reference, seconds: float, prefix: str = "") -> Reference:
    """The reference with all times later, and a prefix before the names of its speakers."""
    segments, turns = reference.segments, reference.turns
    if segments is not None:
        segments = tuple(_shifted_segment(one, seconds, prefix) for one in segments)
    if turns is not None:
        turns = tuple(
            Turn(turn.start + seconds, turn.end + seconds, f"{prefix}{turn.speaker}")
            for turn in turns
        )
    return replace(reference, segments=segments, turns=turns)


def _shifted_segment(segment: Segment, seconds: float, prefix: str) -> Segment:
    return replace(
        segment,
        start=segment.start + seconds,
        end=segment.end + seconds,
        speaker=f"{prefix}{segment.speaker}" if prefix else segment.speaker,
        words=tuple(
            replace(word, start=word.start + seconds, end=word.end + seconds)
            for word in segment.words
        ),
    )


def shifted_words(words: Sequence[ReferenceWord], seconds: float) -> tuple[ReferenceWord, ...]:
    """Words of a reference whose audio begins later."""
    return tuple(ReferenceWord(w.text, w.start + seconds, w.end + seconds) for w in words)
