"""Trims the times of words to their speaker's turn, or to a length that can be spoken.

Recognizers let a word begin where the one before it ended, or end where the next one begins: over
a pause of ten seconds, an "Okay." of ten seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from meetcore.records import Turn, Word
from meetcore.text.scripts import is_unspaced
from meetcore.transcript.spoken_units import Unit, spoken_span, unit_of

SHORTEST_LIMIT, PER_LETTER = 0.6, 0.12
"""Seconds that a unit outside all turns lasts at most, plus seconds per letter (half the pace of
brisk speech)."""
_LETTERS_OF_A_DIGIT, _LETTERS_OF_A_SIGN = 5, 3
"""How many letters a digit ("7": "seven") and a sign of a script without spaces count as."""


def trimmed(unit: Unit, turn: Turn | None, margin: float) -> Unit:
    """The unit with times inside its turn, else of a possible length; they only shrink.

    Parameters
    ----------
    turn : of the unit's speaker; None where the speaker was taken from its neighbours
    margin : seconds by which a word may exceed its turn; twice as much if it lies outside
    """
    low, high = spoken_span(unit.words)
    is_inside = turn is not None and turn.start < high and turn.end > low
    if not is_inside:
        # The end is the better time: most recognizers count the pause before a word as its part.
        low = max(low, high - longest(unit.text))
    if turn is not None:
        beyond = margin if is_inside else 2 * margin
        low = min(max(low, turn.start - beyond), high)
        high = max(min(high, turn.end + beyond), low)
    words = tuple(_clamped(word, low, high) for word in unit.words)
    return unit if words == unit.words else unit_of(words)


def longest(text: str) -> float:
    """Seconds that a unit of this text lasts at most, where no turn says how long.

    >>> [round(longest(text), 2) for text in (" Okay.", " I", " 2026", " 你好")]
    [1.08, 0.72, 3.0, 1.32]
    """
    return SHORTEST_LIMIT + PER_LETTER * sum(map(_letters, text))


def _letters(sign: str) -> int:
    if sign.isdigit():
        return _LETTERS_OF_A_DIGIT
    if is_unspaced(sign):
        return _LETTERS_OF_A_SIGN
    return int(sign.isalnum())


def _clamped(word: Word, low: float, high: float) -> Word:
    start, end = min(max(word.start, low), high), min(max(word.end, low), high)
    return replace(word, start=start, end=end) if (start, end) != (word.start, word.end) else word


def trimmed_units(
    units: Sequence[Unit],
    nearest: Sequence[Turn | None],
    labels: Sequence[str | None],
    margin: float,
) -> list[Unit]:
    """The units trimmed to the turns of their speakers; see `trimmed`.

    Parameters
    ----------
    nearest : turn of each unit; one of another speaker than in `labels` does not count
    """
    return [
        trimmed(unit, turn if turn and turn.speaker == label else None, margin)
        for unit, turn, label in zip(units, nearest, labels, strict=True)
    ]
