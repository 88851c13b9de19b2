"""Sentences end, and words go on, by the marks and letters of each script."""

from __future__ import annotations

import pytest

from meetcore.text.scripts import continues_word, mostly_unspaced
from meetcore.transcript.sentences import ends_clause, ends_sentence


@pytest.mark.parametrize(
    "text",
    [
        " end.", " end?", " end!", " end…", ' end."', " Ende.“", " Ende.«", " fin. »", " end.)",
        "です。", "です。」", "ですか？", "好！", "好。”", "ｽ｡", " مستعدون؟", " ہے۔", " है।", "॥",
        " է։", " ነው።", "သည်။", "ហើយ។", "ཡིན།", " ¿Qué?",
    ],
)  # fmt: skip
def test_a_sentence_ends(text: str) -> None:
    assert ends_sentence(text) and ends_clause(text)


@pytest.mark.parametrize("text", [" Dr.", " J.", "です", "です」", "(", "", " — ", " end,", "，"])
def test_a_sentence_goes_on(text: str) -> None:
    assert not ends_sentence(text)


@pytest.mark.parametrize("text", [" well,", "です、", "，", " نعم،", " لا؛", "፣"])
def test_a_clause_ends(text: str) -> None:
    assert ends_clause(text) and not ends_sentence(text)


@pytest.mark.parametrize(
    ("piece", "goes_on"),
    [
        (" word", False), ("'s", True), (".", True), ("会議", False), ("です", False), ("。", True),
        ("ไทย", False), ("ລາວ", False), ("မြန်မာ", False), ("ខ្មែរ", False), ("ﾃｽﾄ", False),
        ("습니다", True), ("ing", True), ("ого", True), ("ﷲ", True), ("𠮷", False),
    ],
)  # fmt: skip
def test_a_piece_goes_on_where_its_script_has_spaces(piece: str, goes_on: bool) -> None:
    assert continues_word(piece) is goes_on


@pytest.mark.parametrize(
    ("text", "unspaced"),
    [
        ("今日は会議です", True), ("今天开会", True), ("วันนี้ประชุม", True), ("오늘 회의", False),
        ("Good morning", False), ("صباح الخير", False), ("", False), ("2026", False),
        ("今日のMeeting", False), ("今日の会議室B", True),
    ],
)  # fmt: skip
def test_characters_are_counted_where_most_letters_have_no_spaces(
    text: str, unspaced: bool
) -> None:
    assert mostly_unspaced(text) is unspaced
