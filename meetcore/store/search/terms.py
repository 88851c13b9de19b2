"""What a person typed into a search box: terms for the index, and the places in a text they mark.

What is typed is never syntax: it is quoted. Words in "double quotes" are a phrase; the last word
also finds words that it begins. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from meetcore.records import SnippetPart, Word

SNIPPET_WORDS = 24
"""Words of a segment that a hit shows."""
BEFORE_WORDS = 6
_CHUNK = re.compile(r'"([^"]*)"|(\S+)')
_TOKEN = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must follow each other."""

    words: tuple[str, ...]
    """Folded: without accents and case."""
    is_prefix: bool = False
    """Whether the last word may be the beginning of a longer one."""
    typed: str = ""
    """As it was typed, less the quotes: the index folds by rules of its own."""


def terms_of(text: str) -> tuple[Term, ...]:
    """The terms of a search; all must be there.

    >>> [(term.words, term.is_prefix) for term in terms_of('"new jersey" Café bud')]
    [(('new', 'jersey'), False), (('cafe',), False), (('bud',), True)]
    """
    terms: list[Term] = []
    chunks = list(_CHUNK.finditer(text))
    for number, chunk in enumerate(chunks, start=1):
        phrase, word = chunk.groups()
        typed = phrase if phrase is not None else word
        words = tuple(tokens_of(typed))
        if words:
            is_prefix = phrase is None and number == len(chunks)
            terms.append(Term(words, is_prefix, typed.strip('" ')))
    return tuple(terms)


def tokens_of(text: str) -> list[str]:
    """Letters and digits that stand together, folded as the index folds them.

    >>> tokens_of("Don't — ÜBER!")
    ['don', 't', 'uber']
    """
    return _TOKEN.findall(fold(text))


def fold(text: str) -> str:
    """Text without accents and case."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(char for char in apart if not unicodedata.combining(char)).lower()


def match_expression(terms: Sequence[Term]) -> str:
    """The terms in FTS5's language.

    >>> match_expression(terms_of('"new jersey" bud'))
    '"new jersey" AND "bud" *'
    """
    quoted = (f'"{_plain(term.typed)}"' + (" *" if term.is_prefix else "") for term in terms)
    return " AND ".join(quoted)


def is_one_step(terms: Sequence[Term], longest_prefix: int) -> bool:
    """Whether the index can go from one meeting to the next without gathering all places first."""
    if len(terms) != 1 or len(terms[0].words) != 1:
        return False
    return not terms[0].is_prefix or len(terms[0].words[0]) <= longest_prefix


def in_title(title: str, terms: Sequence[Term]) -> bool:
    """Whether a title holds all terms.

    >>> in_title("Café Überblick", terms_of("uber cafe"))
    True
    """
    words = " ".join(tokens_of(title))
    return all(" ".join(term.words) in words for term in terms)


def _plain(typed: str) -> str:
    """Letters, digits and their marks; Cyrillic and Hangul must reach the index undivided."""
    composed = unicodedata.normalize("NFC", typed)
    kept = (c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in composed)
    return " ".join("".join(kept).split())


def marked(words: Sequence[Word], terms: Sequence[Term]) -> list[bool]:
    """Which words of a segment belong to a term that matches there."""
    owners: list[int] = []
    tokens: list[str] = []
    for index, word in enumerate(words):
        found = tokens_of(word.text)
        tokens += found
        owners += [index] * len(found)
    marks = [False] * len(words)
    for term in terms:
        size = len(term.words)
        for first in range(len(tokens) - size + 1):
            if _matches(tokens[first : first + size], term):
                for owner in owners[first : first + size]:
                    marks[owner] = True
    return marks


def _matches(tokens: Sequence[str], term: Term) -> bool:
    *before, last = tokens
    *wanted, end = term.words
    fits = last.startswith(end) if term.is_prefix else last == end
    return fits and before == wanted


def snippet(words: Sequence[Word], marks: Sequence[bool]) -> tuple[SnippetPart, ...]:
    """A stretch of words around the first that is marked, cut into marked and other parts.

    >>> snippet([Word(" So", 0, 1), Word(" long", 1, 2)], [False, True])
    (SnippetPart(text='So ', is_match=False), SnippetPart(text='long', is_match=True))
    """
    first = next((index for index, mark in enumerate(marks) if mark), 0)
    start = max(0, first - BEFORE_WORDS)
    stop = min(len(words), start + SNIPPET_WORDS)
    parts: list[SnippetPart] = [SnippetPart("… ", False)] if start else []
    for index in range(start, stop):
        lead, text = _split(words[index].text, is_first=index == start)
        parts += [SnippetPart(lead, False), SnippetPart(text, marks[index])]
    if stop < len(words):
        parts.append(SnippetPart(" …", False))
    return _joined(parts)


def _split(text: str, is_first: bool) -> tuple[str, str]:
    bare = text.lstrip()
    return ("" if is_first else text[: len(text) - len(bare)]), bare


def _joined(parts: Sequence[SnippetPart]) -> tuple[SnippetPart, ...]:
    joined: list[SnippetPart] = []
    for part in parts:
        if not part.text:
            continue
        if joined and joined[-1].is_match == part.is_match:
            joined[-1] = SnippetPart(joined[-1].text + part.text, part.is_match)
        else:
            joined.append(part)
    return tuple(joined)
