"""How a conversation went, in numbers: pure counting over who spoke when and who said what."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from meetcore.records import Segment, Turn

LONGEST_PAUSE = 2.0
"""Seconds of silence that end a monologue."""
SHORT_REMARK = 1.0
"""Seconds of somebody else ("Mm-hm") that do not end a monologue."""
LEAST_OVERLAP = 0.3
"""Seconds two people must be heard together before it counts as an interruption."""


@dataclass(frozen=True, slots=True)
class PersonStatistics:
    """One person's part in a conversation; times in seconds."""

    speaker: str
    talk_time: float
    """While this person is heard; own turns that touch or overlap count once."""
    share: float
    """Of everybody's talk time together, 0 to 1."""
    turns: int
    """How often this person took the word: turns after each other without another's count once."""
    words: int
    words_per_minute: float
    """Words by minute of talk time."""
    longest_monologue: float
    """From beginning to end; pauses up to LONGEST_PAUSE and others' remarks up to SHORT_REMARK
    do not end it."""
    interruptions: int
    """How often this person began while another spoke, for LEAST_OVERLAP at least, and was the
    one who went on."""
    silence: float
    """Of the whole conversation, the time this person is not heard."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """The people in order of appearance, and the time when nobody is heard."""

    people: tuple[PersonStatistics, ...]
    silence: float


def turns_of(segments: Iterable[Segment]) -> tuple[Turn, ...]:
    """Who spoke when as far as the words tell; words of unknown voices are left out."""
    return tuple(
        Turn(segment.start, segment.end, segment.speaker)
        for segment in segments
        if segment.speaker is not None
    )


def statistics(
    segments: Sequence[Segment], turns: Sequence[Turn] = (), duration: float = 0.0
) -> Statistics:
    """The numbers of a conversation.

    Parameters
    ----------
    turns : Sequence[Turn]
        Who spoke when, overlaps included; without them the segments' times are taken.
    duration : float
        Seconds of the whole recording.

    Examples
    --------
    >>> said = [Turn(0.0, 4.0, "S1"), Turn(3.0, 6.0, "S2"), Turn(7.0, 8.0, "S1")]
    >>> found = statistics((), said, 10.0)
    >>> [(p.speaker, p.talk_time, p.turns, p.interruptions) for p in found.people]
    [('S1', 5.0, 2, 0), ('S2', 3.0, 1, 1)]
    >>> found.silence
    3.0
    """
    spoken = sorted(turns or turns_of(segments), key=lambda turn: (turn.start, turn.end))
    labels = list(dict.fromkeys(turn.speaker for turn in spoken))
    words = Counter[str]()
    for segment in segments:
        if segment.speaker is not None:
            words[segment.speaker] += len(segment.words)
    talk = {label: heard(turn for turn in spoken if turn.speaker == label) for label in labels}
    whole = max([duration, *(turn.end for turn in spoken)])
    total = sum(talk.values()) or 1.0
    taken = Counter(label for label, _ in itertools.groupby(turn.speaker for turn in spoken))
    broken = interruptions(spoken)
    people = tuple(
        PersonStatistics(
            speaker=label,
            talk_time=talk[label],
            share=talk[label] / total,
            turns=taken[label],
            words=words[label],
            words_per_minute=60 * words[label] / talk[label] if talk[label] else 0.0,
            longest_monologue=longest_monologue(spoken, label),
            interruptions=broken[label],
            silence=whole - talk[label],
        )
        for label in labels
    )
    return Statistics(people, whole - heard(spoken))


def heard(turns: Iterable[Turn]) -> float:
    """Seconds that at least one of the turns covers.

    >>> heard([Turn(0, 2, "S1"), Turn(1, 3, "S2"), Turn(5, 6, "S1")])
    4.0
    """
    total, reached = 0.0, float("-inf")
    for turn in sorted(turns, key=lambda turn: turn.start):
        total += max(0.0, turn.end - max(turn.start, reached))
        reached = max(reached, turn.end)
    return total


def longest_monologue(turns: Sequence[Turn], label: str) -> float:
    """Seconds of the longest stretch of one person; `turns` in order of start.

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
    """Who cut others short, and how often; `turns` in order of start."""
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
