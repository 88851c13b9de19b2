"""The durable queue: what is still to be done for which meeting, and how far it is."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime


class JobStage(enum.StrEnum):
    """What a job does, in this order."""

    DECODING = "decoding"
    RECOGNIZING = "recognizing"
    DIARIZING = "diarizing"
    ATTRIBUTING = "attributing"


class JobState(enum.StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What a person asked for; the defaults let Meetcore choose."""

    language: str | None = None
    """ISO code; None detects it where the weight can."""
    recognizer: str = ""
    """Name of a Whisper weight; empty takes the one in the settings."""
    speakers: bool = True
    """False leaves everybody's words without a speaker."""
    n_speakers: int | None = None
    """Exactly so many."""
    max_speakers: int | None = None
    """At most so many."""
    prompt: str = ""
    """Names and terms of this meeting."""

    def __post_init__(self) -> None:
        for name in ("n_speakers", "max_speakers"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}; it must be at least 1.")
        if self.n_speakers is not None and self.max_speakers is not None:
            raise ValueError("Give either n_speakers or max_speakers, not both.")


@dataclass(frozen=True, slots=True)
class Job:
    """The work on one meeting; a meeting has one job at most, the latest."""

    meeting_id: str
    state: JobState
    stage: JobStage
    """Of a job that failed: where. Of one that waits: where it will begin."""
    options: JobOptions = field(default_factory=JobOptions)
    progress: float = 0.0
    """Of the stage, 0 to 1."""
    overall: float = 0.0
    """Of the whole job, 0 to 1, by expected time."""
    remaining_s: float | None = None
    """Expected wall-clock seconds to its end; None while nobody can tell."""
    checkpoint_samples: int = 0
    """Up to here the words are in the draft: recognition goes on from here."""
    source_path: str | None = None
    """The uploaded file, inside the data folder; None for a recorded meeting."""
    detail: str = ""
    """Why it failed, or what the result lacks, in one sentence."""
    attempts: int = 0
    """How often it was begun since a person last asked for it."""
    created_at: datetime | None = None
    finished_at: datetime | None = None
