"""Conversation statistics by speaker: talk time, turns, words, monologues, interruptions."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from meetcore.records import Segment, Turn
from meetcore.transcript.reattribution import turns_of_segments

LONGEST_PAUSE = 2.0
"""A monologue ends after this many seconds of silence."""
SHORT_REMARK = 1.0
"""Another speaker's turn up to this many seconds ("Mm-hm") does not end a monologue."""
LEAST_OVERLAP = 0.3
"""Seconds of overlap from which on a turn counts as an interruption."""


@dataclass(frozen=True, slots=True)
class PersonStatistics:
    """One speaker's numbers; times in seconds."""

    speaker: str
    talk_time: float
    """Time this speaker talks; own turns that touch or overlap count once."""
    share: float
    """Part of all speakers' talk time together, 0 to 1."""
    turns: int
    """Number of turns; consecutive ones without another speaker's in between count once."""
    words: int
    words_per_minute: float
    """Words per minute of talk time."""
    longest_monologue: float
    """Longest stretch of talk; pauses up to LONGEST_PAUSE and others' turns up to SHORT_REMARK do
    not end it."""
    interruptions: int
    """How often this speaker began during another's turn, with an overlap of LEAST_OVERLAP or
    more, and talked longer than the other."""
    silence: float
    """Time of the whole recording in which this speaker does not talk."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """The speakers in order of appearance, and the time in which none of them talks."""

    people: tuple[PersonStatistics, ...]
    silence: float


def statistics(
    segments: Sequence[Segment], turns: Sequence[Turn] = (), duration: float = 0.0
) -> Statistics:
    """The statistics of a conversation.

    Parameters
    ----------
    segments : whose words are counted
    turns : as `corrected_turns` gives them, overlaps included; without them the segments' times
        are used
    duration : seconds of the whole recording

    Examples
    --------
    >>> said = [Turn(0.0, 4.0, "S1"), Turn(3.0, 6.0, "S2"), Turn(7.0, 8.0, "S1")]
    >>> found = statistics((), said, 10.0)
    >>> [(p.speaker, p.talk_time, p.turns, p.interruptions) for p in found.people]
    [('S1', 5.0, 2, 0), ('S2', 3.0, 1, 1)]
    >>> found.silence
    3.0
    """
    spoken = sorted(turns or turns_of_segments(segments), key=lambda turn: (turn.start, turn.end))
    whole = max([duration, *(turn.end for turn in spoken)])
    people = _people(spoken, _word_counts(segments), whole)
    return Statistics(people, whole - covered(spoken))


def _people(
    spoken: Sequence[Turn], words: Counter[str], whole: float
) -> tuple[PersonStatistics, ...]:
    """The numbers of each speaker; `spoken` in order of start, `whole` in seconds."""
    labels = list(dict.fromkeys([*(turn.speaker for turn in spoken), *words]))
    talk = {label: covered(turn for turn in spoken if turn.speaker == label) for label in labels}
    total = sum(talk.values()) or 1.0
    turn_counts = Counter(label for label, _ in itertools.groupby(turn.speaker for turn in spoken))
    interruption_counts = interruptions(spoken)
    return tuple(
        PersonStatistics(
            speaker=label,
            talk_time=talk[label],
            share=talk[label] / total,
            turns=turn_counts[label],
            words=words[label],
            words_per_minute=60 * words[label] / talk[label] if talk[label] else 0.0,
            longest_monologue=longest_monologue(spoken, label),
            interruptions=interruption_counts[label],
            silence=whole - talk[label],
        )
        for label in labels
    )


def _word_counts(segments: Iterable[Segment]) -> Counter[str]:
    """The number of words of each known speaker."""
    counts = Counter[str]()
    for segment in segments:
        if segment.speaker is not None:
            counts[segment.speaker] += len(segment.words)
    return counts


def covered(turns: Iterable[Turn]) -> float:
    """Seconds covered by at least one of the turns.

    >>> covered([Turn(0, 2, "S1"), Turn(1, 3, "S2"), Turn(5, 6, "S1")])
    4.0
    """
    total, reached = 0.0, float("-inf")
    for turn in sorted(turns, key=lambda turn: turn.start):
        total += max(0.0, turn.end - max(turn.start, reached))
        reached = max(reached, turn.end)
    return total


def longest_monologue(turns: Sequence[Turn], label: str) -> float:
    """Seconds of the longest monologue of one speaker; `turns` in order of start.

    >>> said = [Turn(0, 5, "S1"), Turn(5, 5.5, "S2"), Turn(5.6, 9, "S1"), Turn(9, 12, "S2")]
    >>> longest_monologue(said, "S1")
    9
    """
    longest = begin = end = 0.0
    talking = False
    for turn in turns:
        if turn.speaker == label:
            if not talking or turn.start - end > LONGEST_PAUSE:
                begin = end = turn.start
            talking, end = True, max(end, turn.end)
            longest = max(longest, end - begin)
        elif turn.end - turn.start > SHORT_REMARK and turn.end > end:
            talking = False
    return longest


def interruptions(turns: Sequence[Turn]) -> Counter[str]:
    """How often each speaker interrupted another; `turns` in order of start."""
    counts = Counter[str]()
    talking: list[Turn] = []
    for turn in turns:
        talking = [other for other in talking if other.end > turn.start]
        cut = any(
            other.speaker != turn.speaker
            and other.start < turn.start
            and other.end < turn.end
            and other.end - turn.start >= LEAST_OVERLAP
            for other in talking
        )
        counts[turn.speaker] += cut
        talking.append(turn)
    return counts
