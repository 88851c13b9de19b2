"""The sentence about very quiet recordings, whole and resumed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.jobs.speech_levels import SpeechLevels
from meetcore.records import Word

Levels = list[tuple[float | None, int]]


def collected(levels: Levels, before: SpeechLevels | None = None) -> SpeechLevels:
    """Of pieces with a level and so many words."""
    found = before or SpeechLevels()
    for level_db, n_words in levels:
        words = tuple(Word(" so", n, n + 0.5) for n in range(n_words))
        found.add(PieceWords(0, 16_000, words, speech_level_db=level_db))
    return found


@pytest.mark.parametrize(
    ("levels", "level"),
    [
        ([], None),
        ([(None, 5)], None),
        ([(-25.0, 9)], None),
        ([(-70.0, 0), (-25.0, 1)], None),
        ([(-58.0, 4), (-25.0, 5)], None),
        ([(-58.0, 5), (-57.0, 1), (-25.0, 4)], -58),
        ([(-50.0, 1)], -50),
        ([(-49.0, 1)], None),
        ([(float("-inf"), 1)], -120),
        ([(3.0, 1)], None),
    ],
)
def test_half_of_the_words_decide(levels: Levels, level: int | None) -> None:
    sentence = collected(levels).sentence()
    assert (f"speech at {level} dB" in sentence) if level is not None else not sentence


pieces = st.lists(st.tuples(st.none() | st.floats(-130, 10), st.integers(0, 40)), max_size=20)


@given(pieces, pieces)
def test_collected_in_two_parts_it_is_the_same(first: Levels, second: Levels) -> None:
    whole = collected(first + second)
    resumed = collected(second, SpeechLevels(collected(first).counts()))
    assert (resumed.counts(), resumed.sentence()) == (whole.counts(), whole.sentence())


@given(st.lists(st.floats(-1000, 1000), max_size=1000))
def test_what_is_kept_is_bounded(levels: list[float]) -> None:
    assert len(collected([(level, 1) for level in levels]).counts()) <= 121
