"""Markdown: a heading, then one paragraph per segment. Source: https://spec.commonmark.org."""

from __future__ import annotations

import re

from meetcore.records import Transcript
from meetcore.text.lines import one_line
from meetcore.transcript.formats.paragraphs import clock, paragraphs_of

MEANING = re.compile(r"[\\`*_{}\[\]<>#|~^$&]")
"""Characters that CommonMark, tables, strikethrough or formulas use for markup inside a line.

Markup at the beginning of a line is not escaped: paragraphs begin with a name and a time.
"""


def dumps(transcript: Transcript, title: str = "", facts: str = "") -> str:
    """The transcript as Markdown; characters of names and words are escaped.

    Examples
    --------
    >>> from meetcore.records import Segment, Word
    >>> words = (Word(" 2", 61.0, 61.4), Word(" *", 61.4, 61.5), Word(" 3.", 61.5, 62.0))
    >>> print(dumps(Transcript((Segment(61.0, 62.0, "S1", words),)), title="Monday"), end="")
    # Monday
    <BLANKLINE>
    **Speaker 1** (00:01:01): 2 \\* 3.
    """
    heading = _escaped(one_line(title))
    blocks = [f"# {heading}"] if heading else []
    # In bold: no date, length or name at the beginning of the line is a list or a heading then.
    blocks += [f"**{_escaped(one_line(facts))}**"] if one_line(facts) else []
    blocks += [
        f"**{_escaped(p.name)}** ({clock(p.start)}): {_escaped(p.marked_text)}"
        for p in paragraphs_of(transcript)
    ]
    return "".join(f"{block}\n\n" for block in blocks).removesuffix("\n")


def _escaped(line: str) -> str:
    return MEANING.sub(r"\\\g<0>", line)
