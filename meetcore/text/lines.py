"""Text made safe for one line of a file, a table or a terminal."""

from __future__ import annotations

import unicodedata

BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories: control, surrogate, line and paragraph separators."""

DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They open or close a stretch of another direction, which reaches beyond the text they are in.

Source: https://www.unicode.org/reports/tr9/ (explicit directional embeddings and isolates).
"""


def typed_line(text: str) -> str:
    r"""What a person typed as one line: controls become spaces, marks of direction are dropped.

    Not by `str.isprintable`, which would tear words that hold a zero-width joiner.

    >>> typed_line(" Ada\r\nLovelace\x00 "), typed_line("\u202egpj.exe")
    ('Ada Lovelace', 'gpj.exe')
    """
    kept = (each for each in text if each not in DIRECTION_MARKS)
    return " ".join(
        "".join(" " if unicodedata.category(each) in BREAKING else each for each in kept).split()
    )


def one_line(text: str) -> str:
    r"""The same without an arrow, which would break subtitle files.

    >>> one_line(" so\n\n--> there "), one_line("a\u202eb")
    ('so → there', 'ab')
    """
    return typed_line(text).replace("-->", "→")
