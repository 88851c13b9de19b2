"""The search syntax: the text of a search box as terms, and which words of a segment match them.

All terms must match. Words in "double quotes" are a phrase; the last word also matches longer
words that begin with it. Everything else is quoted for FTS5, never read as its syntax. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from meetcore.records import SnippetPart, Word
from meetcore.text.scripts import is_unspaced

SNIPPET_WORDS = 24
"""Most words in a hit's snippet."""
BEFORE_WORDS = 6
"""Most words of a snippet before the first match."""
_CHUNK = re.compile(r'"([^"]*)"|(\S+)')
_TOKEN = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Term:
    """One or more words that must follow each other."""

    words: tuple[str, ...]
    """In lower case, without accents."""
    is_prefix: bool = False
    """Whether the last word may be the beginning of a longer one."""
    typed: str = ""
    """As typed, without the quotes, for FTS5, which folds case and accents by its own rules."""

    @property
    def is_unspaced(self) -> bool:
        """Whether it is of a script without spaces: it may be found anywhere in a text."""
        return any(map(is_unspaced, self.typed))


def terms_of(text: str) -> tuple[Term, ...]:
    """The terms of a search text.

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
    """Runs of letters and digits, folded about as FTS5's unicode61 tokenizer does.

    >>> tokens_of("Don't — ÜBER!")
    ['don', 't', 'uber']
    """
    return _TOKEN.findall(fold(text))


def fold(text: str) -> str:
    """Text in lower case, without accents."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(char for char in apart if not unicodedata.combining(char)).lower()


def match_expression(terms: Sequence[Term]) -> str:
    """The terms as an FTS5 query.

    >>> match_expression(terms_of('"new jersey" bud'))
    '"new jersey" AND "bud" *'
    """
    quoted = (f'"{_plain(term.typed)}"' + (" *" if term.is_prefix else "") for term in terms)
    return " AND ".join(quoted)


def is_one_step(terms: Sequence[Term], longest_prefix: int) -> bool:
    """Whether FTS5 can skip from meeting to meeting instead of reading all matches first."""
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
    """Letters, digits and combining marks, composed: FTS5 must get Cyrillic and Hangul in NFC."""
    composed = unicodedata.normalize("NFC", typed)
    kept = (c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in composed)
    return " ".join("".join(kept).split())


def marked(words: Sequence[Word], terms: Sequence[Term]) -> list[bool]:
    """Which words of a segment are part of a match, one flag a word."""
    owners: list[int] = []
    tokens: list[str] = []
    for index, word in enumerate(words):
        found = tokens_of(word.text)
        tokens += found
        owners += [index] * len(found)
    marks = [False] * len(words)
    for term in terms:
        if term.is_unspaced:
            _mark_letters(words, term, marks)
            continue
        size = len(term.words)
        for first in range(len(tokens) - size + 1):
            if _matches(tokens[first : first + size], term):
                for owner in owners[first : first + size]:
                    marks[owner] = True
    return marks


def _mark_letters(words: Sequence[Word], term: Term, marks: list[bool]) -> None:
    """Mark the words whose letters are part of a term, wherever it begins."""
    letters = [(char, place) for place, word in enumerate(words) for char in fold(word.text)]
    text, wanted = "".join(char for char, _ in letters), fold(term.typed)
    begin = text.find(wanted)
    while begin >= 0:
        for _, place in letters[begin : begin + len(wanted)]:
            marks[place] = True
        begin = text.find(wanted, begin + 1)


def _matches(tokens: Sequence[str], term: Term) -> bool:
    *before, last = tokens
    *wanted, end = term.words
    fits = last.startswith(end) if term.is_prefix else last == end
    return fits and before == wanted


def snippet(words: Sequence[Word], marks: Sequence[bool]) -> tuple[SnippetPart, ...]:
    """The words around the first match, as parts that match or do not.

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
