"""Joins a recognizer's pieces (word, punctuation, ending) to units with plausible times.

Recognizers give punctuation as pieces of its own ("Jersey", "."), stretch it over the pause that
follows, and let a word begin where the one before it ended. Speakers are assigned to units.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from meetcore.records import Word
from meetcore.text.scripts import continues_word, is_unspaced

SHORTEST, PER_CHARACTER, PER_UNSPACED = 0.1, 0.06, 0.2
"""A unit is taken to last this many seconds, plus seconds per character, before its end: brisk
English has about 15 characters a second, Chinese 5 (a character is a syllable)."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Pieces that belong together; `start` may be later than that of the first piece."""

    text: str
    start: float
    end: float
    words: tuple[Word, ...]


def is_spoken(text: str) -> bool:
    """Whether a piece is spoken: it holds a letter or a digit.

    >>> is_spoken(" Jersey"), is_spoken(".")
    (True, False)
    """
    return any(char.isalnum() for char in text)


def units_of(words: Iterable[Word]) -> list[Unit]:
    """The words joined to units; the pieces of all units, in order, are exactly the words.

    >>> [unit.text for unit in units_of([Word(" Hi", 0, 1), Word("?", 1, 2), Word(" Oh", 2, 3)])]
    [' Hi?', ' Oh']
    """
    groups: list[list[Word]] = []
    for word in words:
        if groups and continues_word(word.text):
            groups[-1].append(word)
        else:
            groups.append([word])
    return [unit_of(group) for group in groups]


def unit_of(words: Sequence[Word]) -> Unit:
    """The unit of these pieces."""
    text = "".join(word.text for word in words)
    start, end = spoken_span(words)
    lasts = SHORTEST + sum(
        PER_UNSPACED if is_unspaced(char) else PER_CHARACTER for char in text if char.isalnum()
    )
    return Unit(text, max(start, end - lasts), end, tuple(words))


def spoken_span(words: Sequence[Word]) -> tuple[float, float]:
    """Earliest start and latest end of the spoken pieces; of all pieces, if none is spoken."""
    spoken = [word for word in words if is_spoken(word.text)] or list(words)
    start = min(min(word.start, word.end) for word in spoken)
    end = max(max(word.start, word.end) for word in spoken)
    return start, end
