"""Words, turns, segments, transcripts; all times are seconds on the meeting's clock."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Stage(enum.StrEnum):
    """Which pass wrote a transcript: the live one or the second, slower one."""

    PROVISIONAL = "provisional"
    DRAFT = "draft"
    """The second pass's words so far, without speakers; gone once it has written the final one."""
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Word:
    """One word with its time.

    `text` keeps the recognizer's leading space (" Hello"), so that words of any
    language join with ``"".join``.
    """

    text: str
    start: float
    end: float
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class Turn:
    """Who spoke when, without words."""

    start: float
    end: float
    speaker: str


@dataclass(frozen=True, slots=True)
class Segment:
    """One speaker's stretch of words; `speaker` is None while nobody knows who it is."""

    start: float
    end: float
    speaker: str | None
    words: tuple[Word, ...]
    machine: tuple[Word, ...] | None = None
    """What the recognizer wrote, where a person corrected it."""

    @property
    def text(self) -> str:
        """The words as one line."""
        return "".join(word.text for word in self.words).strip()


@dataclass(frozen=True, slots=True)
class RejectedText:
    """Recognized text that the gate held back, kept for review."""

    start: float
    end: float
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Speaker:
    """A voice of one meeting: its label ("S1"), and the name a person gave it, if any."""

    label: str
    name: str | None = None
    similarity: float | None = None
    """How alike the enrolled voice is that gave the name, 0 to 1; None where a person did."""
    profile_id: str | None = None

    @property
    def display_name(self) -> str:
        """The given name, else "Speaker 1" for the label "S1"."""
        return self.name or f"Speaker {self.label.removeprefix('S')}"


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said: segments in order of start, and the speakers they name."""

    segments: tuple[Segment, ...] = ()
    speakers: tuple[Speaker, ...] = ()
    stage: Stage = Stage.PROVISIONAL
    rejected: tuple[RejectedText, ...] = ()

    @property
    def words(self) -> tuple[Word, ...]:
        """All words in order."""
        return tuple(word for segment in self.segments for word in segment.words)

    def name_of(self, label: str | None) -> str:
        """The name to show for a label; "Unknown speaker" for None."""
        if label is None:
            return "Unknown speaker"
        for speaker in self.speakers:
            if speaker.label == label:
                return speaker.display_name
        return Speaker(label).display_name
