"""A transcript as paragraphs with speaker names, for the formats that people read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from meetcore.records import UNKNOWN_SPEAKER, Segment, Transcript
from meetcore.text.languages import name_of
from meetcore.text.lines import one_line
from meetcore.transcript.language_changes import cut, language_changes


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A segment with visible text; `name` and `text` are one line each."""

    start: float
    end: float
    label: str | None
    name: str
    text: str
    parts: tuple[tuple[str, str], ...] = ()
    """The text, cut where the language changes: the name of the one that begins, and its words.

    The name is empty where a part goes on in the language before it."""

    @property
    def marked_text(self) -> str:
        """The text with a mark where another language begins ("[German] Guten Tag.")."""
        return " ".join(f"[{name}] {text}" if name else text for name, text in self.parts)


def paragraphs_of(transcript: Transcript) -> Iterator[Paragraph]:
    """The segments with visible text, in order."""
    names: dict[str | None, str] = {None: UNKNOWN_SPEAKER}
    changes = language_changes(transcript.segments)
    for segment, marks in zip(transcript.segments, changes, strict=True):
        text = one_line(segment.text)
        if segment.speaker not in names:
            names[segment.speaker] = (
                one_line(transcript.name_of(segment.speaker)) or UNKNOWN_SPEAKER
            )
        if text:
            name = names[segment.speaker]
            parts = _parts(segment, marks)
            yield Paragraph(segment.start, segment.end, segment.speaker, name, text, parts)


def _parts(segment: Segment, marks: dict[int, str]) -> tuple[tuple[str, str], ...]:
    if not marks:
        return (("", one_line(segment.text)),)
    found = (
        (name_of(code) if code else "", one_line("".join(word.text for word in words)))
        for code, words in cut(segment.words, marks)
    )
    return tuple((name, text) for name, text in found if name or text)


def clock(seconds: float) -> str:
    """Seconds as hours, minutes and whole seconds.

    >>> clock(3661.9)
    '01:01:01'
    """
    whole = max(int(seconds), 0)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
