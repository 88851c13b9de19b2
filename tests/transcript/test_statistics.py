"""Statistics of small conversations, compared with counts by hand."""

from __future__ import annotations

import pytest

from meetcore.records import Segment, Turn, Word
from meetcore.transcript.statistics import interruptions, longest_monologue, statistics


def said(speaker: str | None, start: float, count: int) -> Segment:
    """Words of half a second each."""
    words = tuple(Word(" so", start + n / 2, start + n / 2 + 0.5) for n in range(count))
    return Segment(start, words[-1].end, speaker, words)


def test_words_give_rates_and_shares() -> None:
    found = statistics((said("S1", 0, 6), said(None, 3, 2), said("S2", 4, 2)), (), 10.0)
    one, two = found.people
    assert (one.words, one.talk_time, one.words_per_minute) == (6, 3.0, 120.0)
    assert (one.share, two.share) == (0.75, 0.25)
    assert (one.silence, two.silence, found.silence) == (7.0, 9.0, 6.0)


def test_own_turns_that_overlap_count_once() -> None:
    found = statistics((), (Turn(0, 4, "S1"), Turn(2, 5, "S1")))
    assert (found.people[0].talk_time, found.people[0].turns) == (5, 1)


def test_a_short_remark_does_not_end_a_monologue_and_a_long_pause_does() -> None:
    remark = [Turn(0, 10, "S1"), Turn(10.1, 10.6, "S2"), Turn(11, 20, "S1")]
    assert longest_monologue(remark, "S1") == 20
    assert longest_monologue([Turn(0, 10, "S1"), Turn(13, 20, "S1")], "S1") == 10
    assert (
        longest_monologue([Turn(0, 10, "S1"), Turn(10, 13, "S2"), Turn(13, 15, "S1")], "S1") == 10
    )


@pytest.mark.parametrize(
    ("second", "count"),
    [
        (Turn(4.0, 9.0, "S2"), 1),
        (Turn(4.0, 4.8, "S2"), 0),
        (Turn(4.9, 9.0, "S2"), 0),
        (Turn(4.0, 9.0, "S1"), 0),
        (Turn(6.0, 9.0, "S2"), 0),
    ],
    ids=["goes on", "gives way", "too short an overlap", "the same person", "after the other"],
)
def test_who_interrupts(second: Turn, count: int) -> None:
    assert interruptions([Turn(0.0, 5.0, "S1"), second])[second.speaker] == count


def test_a_conversation_without_speakers_has_only_silence() -> None:
    assert statistics((), (), 8.0).people == ()
    assert statistics((), (), 8.0).silence == 8.0
