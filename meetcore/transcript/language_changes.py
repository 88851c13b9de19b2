"""Where a transcript goes on in another language, for marks in the pages and the formats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from meetcore.records import Segment, Word


def language_changes(
    segments: Iterable[Segment], before: str | None = None
) -> Iterator[dict[int, str]]:
    """For each segment: the ISO codes by the place of the words with which a language begins.

    The first language of a transcript is not marked, so one without a change has no marks. Words
    without a language are in the one before them.

    Parameters
    ----------
    before : language of the words before the first segment; None where it is not known

    Examples
    --------
    >>> words = [Word(text, 0, 0, 1, code) for text, code in ((" So", "en"), (" ja", "de"))]
    >>> list(language_changes([Segment(0, 0, None, tuple(words))]))
    [{1: 'de'}]
    """
    for segment in segments:
        found: dict[int, str] = {}
        for place, word in enumerate(segment.words):
            if word.language and word.language != before:
                if before:
                    found[place] = word.language
                before = word.language
        yield found


def last_language(segments: Iterable[Segment]) -> str | None:
    """The language of the last word that has one."""
    codes = [word.language for segment in segments for word in segment.words if word.language]
    return codes[-1] if codes else None


def in_one_language(segments: Iterable[Segment]) -> Iterator[tuple[str, Segment]]:
    """The segments, cut where the language changes, each with its ISO code.

    The code is empty where the transcript has no change of language, and where it is not known.
    """
    known = tuple(segments)
    changes = list(language_changes(known))
    if not any(changes):
        yield from (("", segment) for segment in known)
        return
    language = ""
    for segment, marks in zip(known, changes, strict=True):
        language = language or next(iter(segment.languages), "")
        for code, words in cut(segment.words, marks):
            language = code or language
            yield language, replace(segment, words=words)


def cut(words: tuple[Word, ...], marks: dict[int, str]) -> list[tuple[str, tuple[Word, ...]]]:
    """The words between the marks, each part with the code of its mark; "" for the first."""
    bounds = [0, *(place for place in marks if place), len(words)]
    return [(marks.get(begin, ""), words[begin:end]) for begin, end in pairwise(bounds)]
