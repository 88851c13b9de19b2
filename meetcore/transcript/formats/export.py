"""`Export`: what a format may write, and the line of facts that formats for people begin with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from meetcore.records import Mode, Transcript, Turn
from meetcore.text.dates import date_text
from meetcore.text.durations import length_text
from meetcore.text.lines import one_line
from meetcore.transcript.formats.paragraphs import paragraphs_of


@dataclass(frozen=True, slots=True)
class Export:
    """What a format may write."""

    transcript: Transcript
    title: str = ""
    turns: tuple[Turn, ...] = ()
    """Who spoke when, as `corrected_turns` gives it: overlaps included, labels of the transcript;
    empty where there was no diarizer."""
    duration: float = 0.0
    """Seconds of the whole recording; 0 where it is not known."""
    date: datetime | None = None
    """When the recording began."""
    recognizer: str = ""
    """The weight that gave the words."""
    languages: tuple[str, ...] = ()
    """ISO codes of what was spoken, as far as they are known."""
    mode: Mode | None = None
    """Whether speakers were told apart."""

    @property
    def length(self) -> float:
        """Seconds of the recording; up to the last word or turn where it is not known."""
        ends = [turn.end for turn in self.turns] + [s.end for s in self.transcript.segments]
        return self.duration or max(ends, default=0.0)


def facts_line(export: Export) -> str:
    """Date, length and people, in order of appearance, on one line.

    >>> from meetcore.records import Segment, Speaker, Word
    >>> said = Transcript((Segment(0, 1, "S1", (Word(" Hi.", 0, 1),)),), (Speaker("S1", "Ana"),))
    >>> facts_line(Export(said, duration=29.95, date=datetime(2026, 11, 22, 14, 5)))
    '22 November 2026, 14:05 · 0:30 · Ana'
    """
    names = [p.name for p in paragraphs_of(export.transcript) if p.label is not None]
    parts = [date_text(export.date) if export.date else "", length_text(export.length), *names]
    return one_line(" · ".join(dict.fromkeys(part for part in parts if part)))
