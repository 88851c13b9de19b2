"""Words, turns, segments and transcripts; times are seconds from the recording's beginning."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

UNKNOWN_SPEAKER = "Unknown speaker"
"""Shown in place of the name of a segment without a speaker."""


class Stage(enum.StrEnum):
    """Which pass wrote a transcript: the live pass, or the second pass over the recording."""

    PROVISIONAL = "provisional"
    DRAFT = "draft"
    """The second pass's words so far, without speakers; deleted when the final one is written."""
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Word:
    """One recognized word with its times and probability.

    `text` keeps the recognizer's leading space (" Hello"), so that words of any
    language join with ``"".join``.
    """

    text: str
    start: float
    end: float
    probability: float = 1.0
    language: str | None = None
    """ISO code, where each stretch's language was detected; else None."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch of speech of one speaker, without words; turns may overlap."""

    start: float
    end: float
    speaker: str


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive words of one speaker; `speaker` is a label, None while it is unknown."""

    start: float
    end: float
    speaker: str | None
    words: tuple[Word, ...]
    machine: tuple[Word, ...] | None = None
    """The recognizer's words, where a person corrected them; else None."""

    @property
    def text(self) -> str:
        """The words as one line."""
        return "".join(word.text for word in self.words).strip()

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO codes of its words, in order of appearance; empty where none was detected."""
        return tuple(dict.fromkeys(word.language for word in self.words if word.language))


@dataclass(frozen=True, slots=True)
class RejectedText:
    """Recognized text that the hallucination gate rejected, kept for review."""

    start: float
    end: float
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Speaker:
    """A speaker of one meeting: the diarizer's label ("S1"), and the name if one was given."""

    label: str
    name: str | None = None
    similarity: float | None = None
    """Similarity to the voice profile that gave the name, 0 to 1; None if a person gave it."""
    profile_id: str | None = None
    """The voice profile that gave the name. Without a name: the profile this voice is like too,
    while another speaker of the meeting has its name, so that both may be one person."""
    number: int | None = field(default=None, compare=False)
    """Place among the transcript's speakers in order of appearance, from 1; derived, not stored."""

    @property
    def display_name(self) -> str:
        """The given name, else "Speaker 1" for the first speaker of a transcript.

        Without a number, that of the label is taken.
        """
        return self.name or f"Speaker {self.number or self.label.removeprefix('S')}"


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said: segments in order of start, and the speakers of their labels."""

    segments: tuple[Segment, ...] = ()
    speakers: tuple[Speaker, ...] = ()
    stage: Stage = Stage.PROVISIONAL
    rejected: tuple[RejectedText, ...] = ()

    @property
    def words(self) -> tuple[Word, ...]:
        """All words in order."""
        return tuple(word for segment in self.segments for word in segment.words)

    def name_of(self, label: str | None) -> str:
        """The name to show for a label; UNKNOWN_SPEAKER for None."""
        if label is None:
            return UNKNOWN_SPEAKER
        for speaker in self.speakers:
            if speaker.label == label:
                return speaker.display_name
        return Speaker(label).display_name
