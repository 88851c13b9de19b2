"""Differences between two transcripts of the same recording."""

from __future__ import annotations

import time

from meetcore.records import Segment, Word
from meetcore.transcript.comparison import DiffKind, compare


def said(text: str, start: float = 0.0, speaker: str | None = "S1") -> Segment:
    """One segment, two words a second, with a pause between them."""
    words = tuple(
        Word(" " + word, start + place / 2, start + place / 2 + 0.2)
        for place, word in enumerate(text.split())
    )
    return Segment(start, words[-1].end, speaker, words)


def test_each_kind_of_change_is_found() -> None:
    (change,) = compare([said("we met in spain last may")], [said("we all met in Spain last week")])
    assert [(part.kind, part.before.strip(), part.after.strip()) for part in change.parts] == [
        (DiffKind.EQUAL, "we", "we"),
        (DiffKind.INSERTED, "", "all"),
        (DiffKind.EQUAL, "met in spain last", "met in Spain last"),
        (DiffKind.REPLACED, "may", "week"),
    ]


def test_case_and_punctuation_are_no_change() -> None:
    (change,) = compare([said("hello there")], [said("Hello, there.")])
    assert not change.changed


def test_removed_words_belong_to_the_segment_at_their_place() -> None:
    first, second = compare(
        [said("one two"), said("um three four", 5)], [said("one two"), said("three four", 5)]
    )
    assert not first.changed
    assert second.parts[0].kind is DiffKind.REMOVED and second.parts[0].before.strip() == "um"


def test_another_speaker_is_a_change() -> None:
    before = [said("yes", 0, "S1"), said("no", 10, None)]
    first, second = compare(before, [said("yes", 0, "S2"), said("no", 10, "S1")])
    assert first.speaker_changed and first.speaker_before == "S1"
    assert not second.changed, "an unknown speaker before is no change"


def test_a_stretch_over_two_segments_is_cut_between_them() -> None:
    changes = compare([said("a b c d")], [said("a b"), said("c d", 1, "S1")])
    assert ["".join(p.after for p in change.parts).strip() for change in changes] == ["a b", "c d"]
    assert ["".join(p.before for p in change.parts).strip() for change in changes] == ["a b", "c d"]


def test_every_word_is_there_once_however_long() -> None:
    before = [said(f"alpha {n} beta gamma", 3.0 * n) for n in range(2500)]
    after = [said(f"alpha {n} delta gamma so", 3.0 * n) for n in range(2500)]
    begun = time.process_time()
    changes = compare(before, after)
    assert time.process_time() - begun < 5
    words = " ".join("".join(part.after for part in change.parts) for change in changes).split()
    assert words == [word.text.strip() for segment in after for word in segment.words]
    gone = " ".join("".join(part.before for part in change.parts) for change in changes).split()
    assert gone == [word.text.strip() for segment in before for word in segment.words]


def test_nothing_against_nothing() -> None:
    assert compare([], []) == ()
    assert compare([said("gone")], []) == ()
