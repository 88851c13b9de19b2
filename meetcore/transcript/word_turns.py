"""Turns computed from the word times of a transcript."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from meetcore.records import Segment, Turn, Word
from meetcore.transcript.spoken_units import is_spoken

JOIN = 0.5
"""Words of a segment are one turn up to this pause in seconds, about the shortest that
annotators mark."""


def turns_from_words(segments: Iterable[Segment], join: float = JOIN) -> tuple[Turn, ...]:
    """The turns of known speakers: their words, joined over short pauses.

    >>> words = (Word(" a", 0.0, 1.0), Word(" b", 1.2, 2.0), Word(" c", 4.0, 5.0))
    >>> turns_from_words([Segment(0.0, 5.0, "S1", words), Segment(6.0, 7.0, None, words)])
    (Turn(start=0.0, end=2.0, speaker='S1'), Turn(start=4.0, end=5.0, speaker='S1'))
    """
    turns: list[Turn] = []
    for segment in segments:
        if segment.speaker is not None:
            turns += [Turn(span.start, span.end, segment.speaker) for span in _spans(segment, join)]
    return tuple(turns)


def _spans(segment: Segment, join: float) -> list[Word]:
    """Stretches of words without a long pause; the outer edges are those of the segment."""
    spans: list[Word] = []
    for word in segment.words:
        if not is_spoken(word.text):
            continue
        if spans and word.start - spans[-1].end <= join:
            spans[-1] = replace(spans[-1], end=max(spans[-1].end, word.end))
        else:
            spans.append(word)
    if spans:
        spans[0] = replace(spans[0], start=min(segment.start, spans[0].end))
        spans[-1] = replace(spans[-1], end=max(segment.end, spans[-1].start))
    return spans
