"""Turns follow the segments' speakers after corrections; others who talk meanwhile keep theirs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.records import Segment, Turn, Word
from meetcore.transcript.corrected_turns import corrected_turns
from meetcore.transcript.reattribution import turns_of_segments
from meetcore.transcript.statistics import covered, statistics

LABELS = ("S1", "S2", "S3")


def passage(start: float, end: float, speaker: str | None) -> Segment:
    """A segment of words without pauses."""
    count = max(1, int(end - start))
    edges = [start + (end - start) * n / count for n in range(count + 1)]
    words = [Word(f" w{n}", edges[n], edges[n + 1]) for n in range(count)]
    return Segment(start, end, speaker, tuple(words))


def talk(turns: tuple[Turn, ...], label: str) -> float:
    return covered(turn for turn in turns if turn.speaker == label)


@st.composite
def conversations(draw: st.DrawFn) -> list[Segment]:
    """Segments one after the other, with pauses that are no longer than a breath."""
    at, found = 0.0, []
    for _ in range(draw(st.integers(1, 8))):
        at += draw(st.sampled_from([0.0, 0.4, 3.0]))
        end = at + draw(st.sampled_from([0.5, 2.0, 7.0]))
        found.append(passage(at, end, draw(st.sampled_from(LABELS))))
        at = end
    return found


@given(conversations(), st.data())
def test_talk_time_is_that_of_the_corrected_segments(
    said: list[Segment], data: st.DataObject
) -> None:
    turns = turns_of_segments(said)
    assert corrected_turns(turns, said) == turns
    speakers = [data.draw(st.sampled_from((*LABELS, "S4"))) for _ in said]
    corrected = [replace(one, speaker=who) for one, who in zip(said, speakers, strict=True)]
    found = corrected_turns(turns, corrected)
    assert {turn.speaker for turn in found} == set(speakers)
    for label in set(speakers):
        expected = covered(turns_of_segments([s for s in corrected if s.speaker == label]))
        assert talk(found, label) == pytest.approx(expected)
    people = {person.speaker for person in statistics(corrected, found).people}
    assert people == set(speakers)


@given(conversations(), st.lists(st.tuples(st.floats(0, 60), st.floats(0.01, 0.1)), max_size=4))
def test_turns_of_others_at_the_same_time_stay(
    said: list[Segment], spans: list[tuple[float, float]]
) -> None:
    said = [*said, passage(100, 103, "S9")]
    others = tuple(Turn(at, at + long, "S9") for at, long in spans)
    turns = (*turns_of_segments(said), *others)
    moved = [replace(one, speaker="S4") if one.speaker == "S1" else one for one in said]
    assert talk(corrected_turns(turns, moved), "S9") == pytest.approx(talk(turns, "S9"))


def test_a_passage_of_another_speaker_takes_its_turn_along() -> None:
    said = (passage(0, 4, "S1"), passage(4.2, 9, "S2"), passage(9.5, 12, "S1"))
    turns = (Turn(0, 4, "S1"), Turn(4.1, 9.2, "S2"), Turn(9.4, 12, "S1"), Turn(6, 6.5, "S1"))
    assert corrected_turns(turns, said) == turns
    given_away = (said[0], replace(said[1], speaker="S3"), said[2])
    assert corrected_turns(turns, given_away) == (
        Turn(0, 4, "S1"),
        Turn(4.1, 9.2, "S3"),
        Turn(6, 6.5, "S1"),
        Turn(9.4, 12, "S1"),
    )


def test_who_talks_in_a_passage_of_their_own_does_not_lose_it() -> None:
    said = (passage(0, 10, "S1"), passage(3, 9, "S2"))
    turns = (Turn(0, 10, "S1"), Turn(3, 9, "S2"))
    found = corrected_turns(turns, (said[0], replace(said[1], speaker="S3")))
    assert found == (Turn(0, 10, "S1"), Turn(3, 9, "S3"))


def test_a_passage_without_any_turn_becomes_one() -> None:
    said = (passage(0, 4, "S1"), passage(20, 23, "S2"))
    assert corrected_turns((Turn(0, 4, "S1"),), said) == (Turn(0, 4, "S1"), Turn(20, 23, "S2"))


def test_a_speaker_without_words_has_no_turns() -> None:
    turns = (Turn(0, 4, "S1"), Turn(1, 2, "S2"))
    assert corrected_turns(turns, [passage(0, 4, "S1")]) == (Turn(0, 4, "S1"),)
    assert corrected_turns(turns, [passage(0, 4, None)]) == ()
    assert corrected_turns(turns, []) == turns
    assert corrected_turns((), [passage(0, 4, "S1")]) == (Turn(0, 4, "S1"),)


def test_long_meetings_take_a_moment() -> None:
    said = [passage(5.0 * n, 5.0 * n + 4, f"S{n % 4}") for n in range(5000)]
    turns = turns_of_segments([replace(one, speaker="S0") for one in said])
    found = corrected_turns(turns, said)
    assert {label: talk(found, label) for label in ("S0", "S3")} == {"S0": 5000, "S3": 5000}
