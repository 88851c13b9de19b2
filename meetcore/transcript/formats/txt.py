"""Plain text: one paragraph per segment, with time and speaker."""

from __future__ import annotations

from meetcore.records import Transcript
from meetcore.text.lines import one_line
from meetcore.transcript.formats.paragraphs import clock, paragraphs_of


def dumps(transcript: Transcript, title: str = "", facts: str = "") -> str:
    """The transcript as plain text, under its title and the line of facts.

    Examples
    --------
    >>> from meetcore.records import Segment, Word
    >>> words = (Word(" Hello", 61.0, 61.4), Word(" there.", 61.4, 62.0))
    >>> print(dumps(Transcript((Segment(61.0, 62.0, "S1", words),)), title="Monday"), end="")
    Monday
    <BLANKLINE>
    [00:01:01] Speaker 1: Hello there.
    """
    head = "\n".join(filter(None, (one_line(title), one_line(facts))))
    blocks = [head] if head else []
    blocks += [f"[{clock(p.start)}] {p.name}: {p.marked_text}" for p in paragraphs_of(transcript)]
    return "".join(f"{block}\n\n" for block in blocks).removesuffix("\n")
