"""Text made safe for one line of a file, a table or a terminal."""

from __future__ import annotations

import unicodedata

BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories: control, surrogate, line and paragraph separators."""


def one_line(text: str) -> str:
    """Text that cannot break a line-based format: no line break, control character or arrow.

    >>> one_line(" so\\n\\n--> there ")
    'so → there'
    """
    # Not str.isprintable: it would tear words that hold a zero-width joiner.
    plain = "".join(" " if unicodedata.category(char) in BREAKING else char for char in text)
    return " ".join(plain.split()).replace("-->", "→")
