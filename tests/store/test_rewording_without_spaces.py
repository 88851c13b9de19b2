"""A correction in Chinese, Japanese or Thai keeps the times of the words around it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.records import Word
from meetcore.store.edits.rewording import reworded

JA = ("今日", "の", "会議", "です", "。")
LETTERS = "今日の会議でs 。a予"


def words(*texts: str) -> tuple[Word, ...]:
    return tuple(Word(text, float(n), n + 1.0, 0.9, "ja") for n, text in enumerate(texts))


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("今日の会合です。", ["今日", "の", "会", "合", "です", "。"]),
        ("今日は会議です。", ["今日", "は", "会議", "です", "。"]),
        ("今日の会議です。はい", ["今日", "の", "会議", "です", "。", "はい"]),
        ("今日のIT会議です。", ["今日", "の", "IT", "会議", "です", "。"]),
        ("今日の会議です。", list(JA)),
    ],
)
def test_only_what_was_corrected_changes(typed: str, expected: list[str]) -> None:
    old = words(*JA)
    new = reworded(old, typed)
    assert [word.text for word in new] == expected
    times = {word.text: (word.start, word.end) for word in old}
    assert all((w.start, w.end) == times[w.text] for w in new if w.text in times)
    assert {word.language for word in new} == {"ja"}


def test_a_correction_in_thai_keeps_the_words_before_it() -> None:
    new = reworded(words("วันนี้", "เรา", "ประชุม"), "วันนี้เขาประชุม")
    assert [new[0].text, new[-1].text] == ["วันนี้", "ประชุม"]
    assert "".join(word.text for word in new) == "วันนี้เขาประชุม"


@given(
    st.lists(st.text(LETTERS, min_size=1, max_size=3), min_size=1, max_size=6),
    st.text(LETTERS, min_size=1, max_size=12),
)
def test_the_text_is_what_was_typed_and_times_follow_on_each_other(
    texts: list[str], typed: str
) -> None:
    new = reworded(words(*texts), typed)
    assert "".join(word.text for word in new).split() == typed.split()
    assert all(word.start <= word.end for word in new)
    starts = [word.start for word in new]
    assert starts == sorted(starts)
