"""Words as they are spoken: marks and endings joined to the word they belong to, times trusted.

Recognizers give pieces ("Jersey", "."), stretch marks over the pause that follows, and let a
word begin where the one before it ended. Speakers are decided on units made of such pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from meetcore.records import Word

SHORTEST, PER_CHARACTER = 0.1, 0.06
"""Seconds a word surely lasts: brisk English has about 15 characters a second."""
UNSPACED = (("\u0e00", "\u0eff"), ("\u1000", "\u109f"), ("\u1780", "\u17ff"), ("\u2e80", "\uffff"))
"""Scripts written without spaces: Thai, Lao, Burmese, Khmer, Chinese, Japanese."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Pieces that one speaker said; `start` may be later than the first piece's own."""

    text: str
    start: float
    end: float
    words: tuple[Word, ...]


def is_spoken(text: str) -> bool:
    """Whether a piece has a sound: it holds a letter or a digit.

    >>> is_spoken(" Jersey"), is_spoken(".")
    (True, False)
    """
    return any(char.isalnum() for char in text)


def units_of(words: Iterable[Word]) -> list[Unit]:
    """The words joined to units; their pieces in order are exactly the words.

    >>> [unit.text for unit in units_of([Word(" Hi", 0, 1), Word("?", 1, 2), Word(" Oh", 2, 3)])]
    [' Hi?', ' Oh']
    """
    groups: list[list[Word]] = []
    for word in words:
        if groups and _continues(word.text):
            groups[-1].append(word)
        else:
            groups.append([word])
    return [_unit(group) for group in groups]


def _continues(text: str) -> bool:
    """Whether a piece belongs to what stands before it."""
    if text.startswith(" "):
        return False
    first = next((char for char in text if char.isalnum()), None)
    return first is None or not any(low <= first <= high for low, high in UNSPACED)


def _unit(words: Sequence[Word]) -> Unit:
    text = "".join(word.text for word in words)
    start, end = spoken_span(words)
    surely = SHORTEST + PER_CHARACTER * sum(char.isalnum() for char in text)
    return Unit(text, max(start, end - surely), end, tuple(words))


def spoken_span(words: Sequence[Word]) -> tuple[float, float]:
    """First start and last end of the pieces that have a sound; of all, if none has."""
    heard = [word for word in words if is_spoken(word.text)] or list(words)
    start = min(min(word.start, word.end) for word in heard)
    end = max(max(word.start, word.end) for word in heard)
    return start, end
