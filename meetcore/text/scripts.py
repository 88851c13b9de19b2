"""Scripts without spaces between words, and the marks that end sentences and clauses."""

from __future__ import annotations

import unicodedata

_UNSPACED = (
    ("\u0e00", "\u0eff"),  # Thai, Lao
    ("\u0f00", "\u0fff"),  # Tibetan
    ("\u1000", "\u109f"),  # Burmese
    ("\u1780", "\u17ff"),  # Khmer
    ("\u2e80", "\u312f"),  # radicals, Japanese syllables, Bopomofo
    ("\u3190", "\u9fff"),  # Chinese characters; Korean letters before them are spaced
    ("\uf900", "\ufaff"),
    ("\uff66", "\uff9d"),  # narrow katakana
    ("\U00020000", "\U0003ffff"),
)


def is_unspaced(char: str) -> bool:
    """Whether a letter is of a script without spaces between words.

    >>> [is_unspaced(char) for char in "語のไ한aя"]
    [True, True, True, False, False, False]
    """
    return any(low <= char <= high for low, high in _UNSPACED)


def mostly_unspaced(text: str) -> bool:
    """Whether more than half of the letters are of such scripts.

    >>> mostly_unspaced("IT 部門の会議"), mostly_unspaced("Der Chef (主任) kommt")
    (True, False)
    """
    letters = [char for char in text if char.isalpha()]
    return 2 * sum(map(is_unspaced, letters)) > len(letters)


def continues_word(text: str) -> bool:
    """Whether a recognized piece belongs to the word before it.

    >>> [continues_word(piece) for piece in (" Jersey", "'s", ".", "ません", "습니다")]
    [False, True, True, False, True]
    """
    if text.startswith(" "):
        return False
    first = next((char for char in text if char.isalnum()), None)
    return first is None or not is_unspaced(first)


SENTENCE_MARKS = ".?!…。？！｡؟۔।॥։።፧။។៕།⁇⁈⁉‼"
"""Latin, Chinese and Japanese, Arabic, Urdu, Indic, Armenian, Ethiopic, Burmese, Khmer, Tibetan.

Source: https://www.unicode.org/reports/tr29/ (Sentence_Break STerm and ATerm)."""
CLAUSE_MARKS = ",;:—–、，；：､،؛፣፤၊"
_CLOSING = frozenset({"Pe", "Pf", "Pi"})
"""Categories of brackets and quotes: in German “ and « close, so opening ones count too."""


def without_closing(text: str) -> str:
    """A word without spaces around it and closing quotes and brackets after it.

    >>> [without_closing(text) for text in (' here?"', "です。」", "Ende.“", "fin. »")]
    ['here?', 'です。', 'Ende.', 'fin.']
    """
    bare = text.strip()
    while bare and (bare[-1] in "\"' \u00a0" or unicodedata.category(bare[-1]) in _CLOSING):
        bare = bare[:-1]
    return bare
