"""Width of text in columns, as subtitles and terminals count it: East Asian letters take two.

Source: https://www.unicode.org/reports/tr11/ (East Asian Width).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

JOINER = "\u200d"
"""Joins the letters around it to one, such as a family of emoji."""
INVISIBLE = frozenset({"Mn", "Me", "Cf", "Cc"})
"""Unicode categories without a width of their own: marks over a letter, formats, controls."""


def clusters(text: str) -> Iterator[str]:
    r"""The text in pieces that must not be torn: a letter with its marks, joined emoji.

    >>> [len(cluster) for cluster in clusters("e\u0301a👩\u200d👧")]
    [2, 1, 3]
    """
    held = ""
    for char in text:
        continues = (
            unicodedata.combining(char)
            or unicodedata.category(char) in INVISIBLE
            or "\U0001f3fb" <= char <= "\U0001f3ff"
            or held.endswith(JOINER)
        )
        if held and not continues:
            yield held
            held = ""
        held += char
    if held:
        yield held


def width(text: str) -> int:
    r"""Columns of a text on one line.

    >>> width("Hello"), width("こんにちは"), width("👩\u200d👧"), width("e\u0301")
    (5, 10, 2, 1)
    """
    if text.isascii():
        return len(text)
    return sum(map(_cluster_width, clusters(text)))


def _cluster_width(cluster: str) -> int:
    # Emoji are wide; of a joined group only one is drawn.
    return max(map(_char_width, cluster))


def _char_width(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in INVISIBLE:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def pieces(text: str, columns: int) -> list[str]:
    """A text cut into pieces of at most so many columns; only a single wide cluster is wider.

    >>> pieces("こんにちは", 4)
    ['こん', 'にち', 'は']
    """
    found, used = [""], 0
    for cluster in clusters(text):
        wide = _cluster_width(cluster)
        if found[-1] and used + wide > columns:
            found.append("")
            used = 0
        found[-1] += cluster
        used += wide
    return found
