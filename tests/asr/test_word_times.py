"""Token times become word times, and punctuation is attached to its words."""

from __future__ import annotations

import pytest

from meetcore.asr.recognizer import RecognizedWord
from meetcore.asr.whisper.word_times import TokenTimes, merge_punctuation, timed_words, token_times


def word(text: str, start: float = 0.0, end: float = 1.0) -> RecognizedWord:
    return RecognizedWord(text, start, end, 0.5, (1,))


def test_a_token_starts_where_the_path_first_reaches_it() -> None:
    path = [(0, 0), (0, 1), (1, 2), (1, 3), (2, 3), (2, 9)]
    times = token_times(path, [0.9, 0.8], duration=1.0)
    assert times.starts == pytest.approx((0.0, 0.04, 0.06))
    assert times.probabilities == (0.9, 0.8)


def test_no_time_leaves_the_audio() -> None:
    times = token_times([(0, -1), (1, 400)], [0.5], duration=2.0)
    assert times.starts == (0.0, 2.0)


def test_a_path_without_end_ends_with_the_audio() -> None:
    assert token_times([(0, 5)], [0.5, 0.5], duration=2.0).starts == (0.1, 2.0, 2.0)


def test_words_after_a_prefix_keep_their_own_times() -> None:
    times = TokenTimes((0.0, 1.0, 2.0, 3.0), (0.1, 0.6, 0.8))
    words = timed_words([" new"], [[7, 8]], times, skip=1)
    assert words == (RecognizedWord(" new", 1.0, 3.0, pytest.approx(0.7), (7, 8)),)


def test_marks_join_the_word_they_belong_to() -> None:
    merged = merge_punctuation(
        [word(" Oh", 0, 1), word(",", 1, 2), word(' "'), word("hello", 3, 4)]
    )
    assert [item.text for item in merged] == [" Oh,", ' "hello']
    assert (merged[0].start, merged[0].end, merged[0].tokens) == (0, 1, (1, 1))


def test_a_lone_mark_is_not_lost() -> None:
    assert [item.text for item in merge_punctuation([word(","), word(" (")])] == [",", " ("]
