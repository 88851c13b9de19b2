"""What `LiveSession.push` returns: one change of a live transcript."""

from __future__ import annotations

from dataclasses import dataclass

from meetcore.records import Segment, Speaker, Word


@dataclass(frozen=True, slots=True)
class LiveUpdate:
    """What changed in a live transcript; times are seconds from the first sample."""

    at: float
    """Seconds of audio transcribed so far."""
    words: tuple[Word, ...]
    """Newly committed words; they never change again."""
    first: int
    """Position of the first segment that is new or changed."""
    segments: tuple[Segment, ...]
    """All segments from `first` on: they replace those a reader had from there. A segment's
    speaker may change until the voice is known; its words only grow."""
    tentative: tuple[Word, ...]
    """Words after the committed ones that may still change."""
    tentative_speaker: str | None
    """Label of the speaker of the tentative words, as far as it is known."""
    speakers: tuple[Speaker, ...]
    """All speakers of the transcript, in order of appearance."""
