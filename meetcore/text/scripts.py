"""Scripts that are written without spaces between words."""

from __future__ import annotations

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
