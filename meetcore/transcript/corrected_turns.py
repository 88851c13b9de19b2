"""Turns that follow a corrected transcript: who spoke when, after passages changed their speaker.

The diarizer's turns are stored once and never edited; everything that is derived from turns (talk
time, the timeline, exports, the audio of an enrolled voice) takes them from here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from meetcore.records import Segment, Turn
from meetcore.transcript.attribution import DEFAULT_OPTIONS
from meetcore.transcript.intervals import Interval, clipped, length, union, without
from meetcore.transcript.reattribution import turns_of_segments
from meetcore.transcript.turn_index import TurnIndex
from meetcore.transcript.word_turns import turns_from_words

OWN_SHARE = 0.5
"""A segment belongs to its speaker by the diarizer's turns already, where they cover this part of
its words; the rest is pauses, edges, and others who talk at the same time."""

EDGE = DEFAULT_OPTIONS.edge
"""Seconds that a turn may reach beyond the segment of its words."""


def corrected_turns(turns: Sequence[Turn], segments: Sequence[Segment]) -> tuple[Turn, ...]:
    """The turns, with the time of each segment given to the segment's speaker.

    A segment whose speaker does not talk in it by the turns was given to that speaker: the turns of
    the one who had its words become this speaker's, for the length of the segment. Others who talk
    at the same time keep their turns. A speaker without any segment has no turns.

    Parameters
    ----------
    turns : of the diarizer, overlaps included; without any, each segment is a turn
    segments : of the transcript as it was corrected; without any, the turns are given as they are

    Examples
    --------
    >>> from meetcore.records import Word
    >>> turn = Turn(0.0, 9.0, "S1")
    >>> said = [
    ...     Segment(0.0, 4.0, "S1", (Word(" Yes.", 0.0, 4.0),)),
    ...     Segment(4.0, 9.0, "S2", (Word(" No.", 4.0, 9.0),)),
    ... ]
    >>> [(each.start, each.end, each.speaker) for each in corrected_turns((turn,), said)]
    [(0.0, 4.0, 'S1'), (4.0, 9.0, 'S2')]
    """
    if not segments:
        return tuple(turns)
    if not turns:
        return turns_of_segments(segments)
    changes = _Changes(turns, segments)
    for segment in segments:
        changes.follow(segment)
    return changes.result()


class _Changes:
    """The time that each speaker lost and gained by corrections."""

    def __init__(self, turns: Sequence[Turn], segments: Sequence[Segment]) -> None:
        self._turns = turns
        self._index = TurnIndex(turns)
        self._claims = TurnIndex(Turn(s.start, s.end, s.speaker or "") for s in segments)
        self._speakers = {segment.speaker for segment in segments}
        self._lost: defaultdict[str, list[Interval]] = defaultdict(list)
        self._gained: defaultdict[str, list[Interval]] = defaultdict(list)

    def follow(self, segment: Segment) -> None:
        """Note what changes where the segment's speaker does not talk in it by the turns."""
        speaker, start, end = segment.speaker, segment.start, segment.end
        if speaker is None or not start < end:
            return
        spoken = clipped(_intervals(turns_from_words([segment])), start, end)
        spoken = spoken or [Interval(start, end)]
        heard = _heard(self._index, start, end, EDGE)
        own = [part for each in spoken for part in clipped(heard.pop(speaker, ()), *each)]
        if length(own) >= OWN_SHARE * length(spoken):
            return
        claims = _heard(self._claims, start - EDGE, end + EDGE)
        free = {label: _free(parts, start, end, label, claims) for label, parts in heard.items()}
        before = max(free, key=lambda label: _fit(free[label], start, end), default=None)
        if before is not None:
            self._lost[before] += free[before]
            spoken += free[before]
        self._gained[speaker] += spoken

    def result(self) -> tuple[Turn, ...]:
        """All turns after the changes, in order of time."""
        if not self._gained:
            return tuple(turn for turn in self._turns if turn.speaker in self._speakers)
        left: defaultdict[str, list[Interval]] = defaultdict(list)
        lost = {label: TurnIndex(_turns(label, union(gone))) for label, gone in self._lost.items()}
        for turn in self._turns:
            if turn.speaker in self._speakers:
                gone = (
                    lost[turn.speaker].within(turn.start, turn.end) if turn.speaker in lost else ()
                )
                left[turn.speaker] += without([Interval(turn.start, turn.end)], _intervals(gone))
        for label, gained in self._gained.items():
            left[label] = union(left[label] + gained)
        found = (turn for label, parts in left.items() for turn in _turns(label, parts))
        return tuple(sorted(found, key=lambda turn: (turn.start, turn.end, turn.speaker)))


def _heard(
    index: TurnIndex, start: float, end: float, edge: float = 0.0
) -> dict[str, list[Interval]]:
    """By label, the parts of an index's turns in a stretch, or up to `edge` seconds beyond it."""
    heard: defaultdict[str, list[Interval]] = defaultdict(list)
    for turn in index.within(start, end):
        low = turn.start if turn.start >= start - edge else start
        high = turn.end if turn.end <= end + edge else end
        heard[turn.speaker].append(Interval(low, high))
    return dict(heard)


def _free(
    parts: list[Interval], start: float, end: float, label: str, claims: dict[str, list[Interval]]
) -> list[Interval]:
    """What a speaker's turns have of a segment, without the speaker's own segments at this time,
    and what they have beyond the segment and outside all others."""
    inner = without(clipped(parts, start, end), claims.get(label, ()))
    taken = [Interval(start, end), *(each for found in claims.values() for each in found)]
    return [*inner, *without(parts, taken)]


def _fit(parts: list[Interval], start: float, end: float) -> tuple[float, float]:
    """How well a speaker's turns fit a segment: more time within it, then less beyond it."""
    within = round(length(clipped(parts, start, end)), 3)
    return within, within - length(parts)


def _intervals(turns: Iterable[Turn]) -> list[Interval]:
    return [Interval(turn.start, turn.end) for turn in turns if turn.start < turn.end]


def _turns(label: str, intervals: Iterable[Interval]) -> list[Turn]:
    return [Turn(start, end, label) for start, end in intervals]
