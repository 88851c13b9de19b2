"""A transcript as paragraphs with speaker names, for the formats that people read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from meetcore.records import UNKNOWN_SPEAKER, Transcript
from meetcore.text.lines import one_line


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A segment with visible text; `name` and `text` are one line each."""

    start: float
    end: float
    label: str | None
    name: str
    text: str


def paragraphs_of(transcript: Transcript) -> Iterator[Paragraph]:
    """The segments with visible text, in order."""
    names: dict[str | None, str] = {None: UNKNOWN_SPEAKER}
    for segment in transcript.segments:
        text = one_line(segment.text)
        if segment.speaker not in names:
            names[segment.speaker] = (
                one_line(transcript.name_of(segment.speaker)) or UNKNOWN_SPEAKER
            )
        if text:
            name = names[segment.speaker]
            yield Paragraph(segment.start, segment.end, segment.speaker, name, text)


def clock(seconds: float) -> str:
    """Seconds as hours, minutes and whole seconds.

    >>> clock(3661.9)
    '01:01:01'
    """
    whole = max(int(seconds), 0)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
