"""Text made safe for one line of a file, a table or a terminal."""

from __future__ import annotations

import unicodedata

BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories: control, surrogate, line and paragraph separators."""

DIRECTION_MARKS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""They open or close a stretch of another direction, which reaches beyond the text they are in.

Source: https://www.unicode.org/reports/tr9/ (explicit directional embeddings and isolates).
"""


TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of the text after them, so that it reads as another."""


def typed_line(text: str) -> str:
    r"""What a person typed as one line: controls become spaces, marks of direction are dropped.

    >>> typed_line(" Ada\r\nLovelace\x00 "), typed_line("\u202egpj.exe")
    ('Ada Lovelace', 'gpj.exe')
    """
    kept = (" " if unicodedata.category(each) in BREAKING else each for each in text)
    return " ".join("".join(each for each in kept if each not in TURNING).split())


def one_line(text: str) -> str:
    """Text that cannot break a line-based format: no line break, control character or arrow.

    Marks that turn the direction of what follows them are left out too; those of one letter stay.

    >>> one_line(" so\\n\\n--> there "), one_line("a\\u202eb")
    ('so → there', 'ab')
    """
    # Not str.isprintable: it would tear words that hold a zero-width joiner.
    text = text.translate(dict.fromkeys(map(ord, DIRECTION_MARKS)))
    plain = "".join(" " if unicodedata.category(char) in BREAKING else char for char in text)
    return " ".join(plain.split()).replace("-->", "→")
