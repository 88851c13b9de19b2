"""Somebody else's words where Streamlit expects Markdown: file names, titles, details, errors."""

from __future__ import annotations

import re

JOINER = "\u2060"
"""A character without width that allows no line break."""
_MARKS = re.compile(
    r"[\\`*\[<~$^|{}]"  # emphasis, code, links, HTML, strikethrough, formulas, tables
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"
    r"|&(?=#?\w)"
    r"|^[#>+=-]|(?<=^\d)[.)]|(?<=^\d\d)[.)]|(?<=^\d\d\d)[.)]"
)
_LINKS = re.compile(r"(?<=:)(?=[\w/+-])|(?<=\bwww)(?=\.)|(?<=@)(?=\w)", re.IGNORECASE)
"""Where Streamlit finds addresses, colours, icons and emoji, also in text that is escaped."""


def plain(text: str) -> str:
    r"""The text as Markdown that shows exactly it: no link, image, formula, colour or icon.

    Line breaks become spaces. What looks like an address gets a JOINER, as Streamlit makes links
    of addresses after it has read the escapes.

    >>> plain("a *bold* [link](x), MEETCORE_OFFLINE")
    'a \\*bold\\* \\[link](x), MEETCORE_OFFLINE'
    >>> plain("http://x").replace(JOINER, "|")
    'http:|//x'
    """
    line = " ".join(text.split())
    escaped = _MARKS.sub(lambda found: f"\\{found[0]}", line)
    return _LINKS.sub(JOINER, escaped)
