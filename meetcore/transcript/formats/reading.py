"""What the formats for people share: a transcript as paragraphs, each somebody's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from meetcore.records import Transcript
from meetcore.text.lines import one_line

NOBODY = "Unknown speaker"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A segment that holds something to read; `name` and `text` are one line each."""

    start: float
    end: float
    label: str | None
    name: str
    text: str


def paragraphs_of(transcript: Transcript) -> Iterator[Paragraph]:
    """The segments that hold text, in order."""
    names: dict[str | None, str] = {None: NOBODY}
    for segment in transcript.segments:
        text = one_line(segment.text)
        if segment.speaker not in names:
            names[segment.speaker] = one_line(transcript.name_of(segment.speaker)) or NOBODY
        if text:
            name = names[segment.speaker]
            yield Paragraph(segment.start, segment.end, segment.speaker, name, text)


def clock(seconds: float) -> str:
    """Hours, minutes and whole seconds.

    >>> clock(3661.9)
    '01:01:01'
    """
    whole = max(int(seconds), 0)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
