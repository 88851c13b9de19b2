"""Times of words are cut to their speaker's turn, or to what a word can last."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.records import Segment, Turn, Word
from meetcore.transcript.attribution import AttributionOptions, attribute
from meetcore.transcript.spoken_units import units_of
from meetcore.transcript.word_trimming import longest

REACH = AttributionOptions().reach
texts = st.sampled_from([" Okay.", " yes", " no.", " well,", "-ish", "?", " 42", " 你好"])


@st.composite
def talks(draw: st.DrawFn) -> tuple[list[Word], list[Turn]]:
    """Turns with silences between them; words in order, stretched into the silences around them."""
    at, turns, spoken = 0.0, [], []
    for _ in range(draw(st.integers(1, 6))):
        start = at + draw(st.floats(0.0, 12.0))
        at = start + draw(st.floats(0.3, 8.0))
        turns.append(Turn(start, at, draw(st.sampled_from(["S1", "S2"]))))
        edges = sorted(draw(st.lists(st.floats(start, at), min_size=2, max_size=8)))
        spoken += list(pairwise(edges))
    words, before = [], 0.0
    for index, (start, end) in enumerate(spoken):
        after = spoken[index + 1][0] if index + 1 < len(spoken) else end + 3.0
        early, late = draw(st.sampled_from([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.9, 0.5)]))
        low, high = start - early * (start - before), end + late * (after - end)
        words.append(Word(draw(texts), min(low, end), max(high, start)))
        before = high
    return words, turns


@given(talks())
def test_no_segment_holds_more_than_a_second_of_silence_beyond_its_turns(
    talk: tuple[list[Word], list[Turn]],
) -> None:
    words, turns = talk
    for segment in attribute(words, turns):
        inside = [t for t in turns if t.start <= segment.end and t.end >= segment.start]
        if inside:
            assert min(turn.start for turn in inside) - segment.start <= 1.0
            assert segment.end - max(turn.end for turn in inside) <= 1.0
        else:
            assert segment.end - segment.start <= sum(longest(w.text) for w in segment.words) + 2


@given(talks())
def test_times_only_shrink_and_nothing_else_changes(talk: tuple[list[Word], list[Turn]]) -> None:
    words, turns = talk
    found = [word for segment in attribute(words, turns) for word in segment.words]
    assert [word.text for word in found] == [word.text for word in words]
    position = 0
    for unit in units_of(words):
        pieces = found[position : position + len(unit.words)]
        position += len(unit.words)
        low = min(word.start for word in unit.words)
        high = max(word.end for word in unit.words)
        assert all(low <= word.start <= word.end <= high for word in pieces)


def spans(segments: tuple[Segment, ...]) -> list[tuple[float, float]]:
    return [(round(segment.start, 2), round(segment.end, 2)) for segment in segments]


@pytest.mark.parametrize(
    ("word", "turn", "expected"),
    [
        (Word(" Okay.", 12.6, 17.0), Turn(16.5, 17.1, "S1"), (16.5, 17.1)),
        (Word(" Okay.", 12.6, 17.0), Turn(12.6, 13.2, "S1"), (12.6, 13.2)),
        (Word(" Okay.", 12.6, 17.0), Turn(14.0, 14.5, "S1"), (14.0, 14.5)),
        (Word(" Okay.", 12.6, 13.1), Turn(10.0, 20.0, "S1"), (12.6, 13.1)),
    ],
)
def test_a_word_over_silence_is_where_its_turn_is(
    word: Word, turn: Turn, expected: tuple[float, float]
) -> None:
    before, after = Turn(0.0, 8.0, "S2"), Turn(25.0, 30.0, "S2")
    around = [Word(" Well,", 7.0, 7.5), word, Word(" Good.", 25.2, 25.8)]
    found = attribute(around, [before, turn, after])
    assert [segment.speaker for segment in found] == ["S2", "S1", "S2"]
    low, high = spans(found)[1]
    assert (low, high) == expected


def test_a_sentence_begins_with_its_turn() -> None:
    words = [
        Word(" So", 19.1, 24.6),
        Word(" we", 24.6, 24.9),
        Word(" can", 24.9, 25.4),
        Word(" start", 25.4, 27.0),
        Word(" now.", 27.0, 28.5),
    ]
    found = attribute(words, [Turn(10.0, 15.0, "S1"), Turn(24.2, 28.5, "S2")])
    assert [(segment.speaker, span) for segment, span in zip(found, spans(found), strict=True)] == [
        ("S2", (24.2, 28.5))
    ]


def test_without_turns_times_stay() -> None:
    words = (Word(" Okay.", 12.6, 17.0),)
    assert attribute(words, ())[0].words == words
