"""Who spoke when, read off a transcript's words."""

from __future__ import annotations

from collections.abc import Iterable

from meetcore.records import Segment, Turn

JOIN = 0.5
"""Words of one segment this many seconds apart are one turn: about the shortest pause that
annotators mark."""


def turns_of(segments: Iterable[Segment], join: float = JOIN) -> tuple[Turn, ...]:
    """The turns that the words of known speakers make.

    >>> from meetcore.records import Word
    >>> words = (Word(" a", 0.0, 1.0), Word(" b", 1.2, 2.0), Word(" c", 4.0, 5.0))
    >>> turns_of([Segment(0.0, 5.0, "S1", words), Segment(6.0, 7.0, None, words)])
    (Turn(start=0.0, end=2.0, speaker='S1'), Turn(start=4.0, end=5.0, speaker='S1'))
    """
    turns: list[Turn] = []
    for segment in segments:
        if segment.speaker is None:
            continue
        first = len(turns)
        for word in segment.words:
            if len(turns) > first and word.start - turns[-1].end <= join:
                start, end = turns[-1].start, max(turns[-1].end, word.end)
                turns[-1] = Turn(start, end, segment.speaker)
            else:
                turns.append(Turn(word.start, word.end, segment.speaker))
    return tuple(turns)
