"""What servers answer, as words: with times, with segments, with text alone, with nonsense."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.asr.remote.response import Answer, TimedText, read_answer, words_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["text", "words", "segments", "word", "start", "end", "language", "avg_logprob"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


def read(**data: Any) -> Answer:
    return read_answer(json.dumps(data).encode())


def texts(found: Answer, duration: float = 10.0) -> list[str]:
    return [word.text for word in words_of(found, duration)]


def word(text: str, start: float, end: float, **more: Any) -> dict[str, Any]:
    return {"word": text, "start": start, "end": end, **more}


def test_words_get_the_marks_that_the_text_has() -> None:
    found = read(
        text="Well, \"yes\" – it's 3 o'clock.",
        language="english",
        words=[
            word("Well", 0.0, 0.4),
            word("yes", 0.5, 0.8),
            word("it's", 0.9, 1.0),
            word("3", 1.1, 1.3),
            word("o'clock", 1.3, 1.9),
        ],
    )
    assert "".join(texts(found)) == " Well, \"yes\" – it's 3 o'clock."
    assert texts(found)[0] == " Well," and texts(found)[-1] == " o'clock."
    assert found.language == "en"


def test_words_that_are_not_those_of_the_text_stand_for_themselves() -> None:
    found = read(text="Three.", words=[word("3", 0, 1), word("apples", 1, 2)])
    assert texts(found) == [" 3", " apples"]


def test_a_language_without_spaces_keeps_none() -> None:
    found = read(text="你好，世界。", words=[word("你好", 0, 1), word("世界", 1, 2)])
    assert "".join(texts(found)) == " 你好，世界。"


def test_words_inside_segments_and_their_scores_are_taken() -> None:
    found = read(
        text="Hello there.",
        segments=[
            {
                "text": " Hello there.",
                "start": 0.0,
                "end": 1.0,
                "avg_logprob": -0.4,
                "no_speech_prob": 0.2,
                "words": [
                    word(" Hello", 0.1, 0.4, probability=0.9),
                    word(" there.", 0.5, 0.9, probability=0.4),
                ],
            }
        ],
    )
    assert texts(found) == [" Hello", " there."]
    assert [each.probability for each in words_of(found, 2.0)] == [0.9, 0.4]
    assert (found.average_log_probability, found.no_speech_probability) == (-0.4, 0.2)


def test_without_word_times_words_share_the_time_of_their_segment() -> None:
    segments = [
        {"text": "One two.", "start": 1.0, "end": 2.0, "avg_logprob": math.log(0.5)},
        {"text": "Three", "start": 4.0, "end": 5.0},
    ]
    words = words_of(read(text="One two. Three", segments=segments), 6.0)
    assert [each.text for each in words] == [" One", " two.", " Three"]
    assert words[0].start == 1.0 and words[0].end < words[1].end == 2.0
    assert (words[2].start, words[2].end) == (4.0, 5.0)
    assert words[0].probability == pytest.approx(0.5)


def test_text_alone_is_spread_over_the_audio() -> None:
    words = words_of(read(text=" one three\n"), 4.0)
    assert [(each.text, each.start, each.end) for each in words] == [
        (" one", 0.0, 1.5),
        (" three", 1.5, 4.0),
    ]
    assert words_of(read(text=""), 4.0) == ()


@pytest.mark.parametrize(
    "times", [{"start": None, "end": 1}, {"start": "x", "end": 1}, {}, {"start": True, "end": 1}]
)
def test_words_without_usable_times_count_as_none(times: dict[str, Any]) -> None:
    found = read(text="one", words=[{"word": "one", **times}])
    assert found.words == () and texts(found) == [" one"]


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"[]", b"null", b'{"error": 1}', b'{"text": 3}', b"[" * 100_000, b"\xff\xfe"],
)
def test_what_is_no_transcript_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):
        read_answer(content)


@given(JSON, st.floats(0.1, 30.0))
def test_any_json_is_read_or_refused_and_times_stay_in_order(data: Any, duration: float) -> None:
    try:
        found = read_answer(json.dumps(data).encode())
    except ValueError:
        return
    words = words_of(found, duration)
    latest = 0.0
    for each in words:
        assert latest <= each.start <= each.end <= duration
        assert 0.0 <= each.probability <= 1.0
        latest = each.start


@given(
    st.lists(st.from_regex(r"[a-zäñ']{1,6}", fullmatch=True), min_size=1, max_size=8),
    st.lists(st.sampled_from(["", ",", ".", "?!", " –", '"']), min_size=8, max_size=8),
    st.integers(1, 3),
)
def test_no_letter_or_mark_of_the_text_is_lost(
    bare: list[str], marks: list[str], spaces: int
) -> None:
    text = (" " * spaces).join(each + mark for each, mark in zip(bare, marks, strict=False))
    found = Answer(
        " ".join(text.split()),
        words=tuple(TimedText(each, i, i + 1.0) for i, each in enumerate(bare)),
    )
    words = words_of(found, 100.0)
    assert len(words) == len(bare)
    assert "".join(each.text for each in words).split() == text.split()
