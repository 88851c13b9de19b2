"""Japanese, Chinese and Thai in subtitles and formats: no letter is lost, no space is added."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.records import Segment, Transcript, Word
from meetcore.text.columns import width
from meetcore.transcript.cue_text import LINE_COLUMNS, NEVER_FIRST, cue_texts
from meetcore.transcript.formats.txt import dumps
from meetcore.transcript.spoken_units import units_of

SAID = {
    "ja": "今日の会議では、来年の予算について話し合います。まず山田さんから報告をお願いします。"
    "ちょっと待ってください、スライドをシェアします。よろしいですか？はい、始めましょう。",
    "zh": "今天我们开会讨论明年的预算。首先请王先生报告，然后大家可以提问！好的吗？好，开始吧。",
    "th": "วันนี้เราจะประชุมเรื่องงบประมาณปีหน้าก่อนอื่นขอเชิญคุณสมชายรายงานหลังจากนั้นจะเปิดให้ถาม",
}


def segment(text: str, sizes: tuple[int, ...] = (2, 1, 3)) -> Segment:
    """The text in pieces of these lengths, one after the other, 5 characters a second."""
    words, place = [], 0
    while place < len(text):
        piece = text[place : place + sizes[len(words) % len(sizes)]]
        words.append(Word(piece, place / 5, (place + len(piece)) / 5))
        place += len(piece)
    return Segment(0.0, len(text) / 5, "S1", tuple(words))


@pytest.mark.parametrize("language", SAID)
@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple))
def test_subtitles_hold_every_letter_and_no_space(language: str, sizes: tuple[int, ...]) -> None:
    cues = list(cue_texts(segment(SAID[language], sizes)))
    lines = [line for cue in cues for line in cue.lines]
    assert "".join(lines) == SAID[language]
    assert all(width(line) <= LINE_COLUMNS for line in lines)
    assert all(before.end <= after.start for before, after in pairwise(cues))


@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple))
def test_no_line_begins_with_a_letter_that_continues_a_sound(sizes: tuple[int, ...]) -> None:
    text = SAID["ja"]
    begun = {0}
    for word in segment(text, sizes).words:
        begun.add(round(word.start * 5))
    if any(text[place] in NEVER_FIRST for place in begun if place < len(text)):
        return  # the recognizer itself cut a sound in two
    lines = [line for cue in cue_texts(segment(text, sizes)) for line in cue.lines]
    assert not [line for line in lines if line[0] in NEVER_FIRST]


def test_a_line_is_rather_broken_elsewhere_than_within_a_sound() -> None:
    text = "あ" * 11 + "しゃ" + "う" * 11
    lines = [line for cue in cue_texts(segment(text, (1,))) for line in cue.lines]
    assert "".join(lines) == text and not [line for line in lines if line[0] in NEVER_FIRST]


@pytest.mark.parametrize("language", SAID)
def test_text_formats_add_no_space(language: str) -> None:
    assert SAID[language] in dumps(Transcript((segment(SAID[language]),)))


def test_a_mark_belongs_to_the_word_before_it_and_korean_endings_too() -> None:
    pieces = ["会議", "です", "。", "はい", "、", " 오늘", " 회의", "에서는", "."]
    words = [Word(text, n, n + 1) for n, text in enumerate(pieces)]
    expected = ["会議", "です。", "はい、", " 오늘", " 회의에서는."]
    assert [unit.text for unit in units_of(words)] == expected


def test_a_character_is_given_the_time_of_a_syllable() -> None:
    (unit,) = units_of([Word("会議", 0.0, 5.0)])
    assert 0.4 <= unit.end - unit.start <= 0.6
