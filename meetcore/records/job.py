"""Jobs: the stored queue of second passes and imports, with options, stage and progress."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


class JobStage(enum.StrEnum):
    """The stages of a job, in this order."""

    DECODING = "decoding"
    RECOGNIZING = "recognizing"
    DIARIZING = "diarizing"
    ATTRIBUTING = "attributing"


class JobState(enum.StrEnum):
    """The state of a job in the queue."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ROLLING = "rolling"
    """Its meeting still runs, or was interrupted: what is stored of it so far is kept for a job."""


LevelCount = tuple[int, int]
"""A level of speech in dB of full scale, and the number of words at it."""


@dataclass(frozen=True, slots=True)
class JobOptions:
    """The options of a transcription; the defaults let Meetcore choose."""

    language: str | None = None
    """ISO code, or several with commas between, one of which each stretch is in; None for any."""
    recognizer: str = ""
    """Name of a Whisper weight; empty takes the one in the settings."""
    speakers: bool = True
    """False skips diarization: words have no speaker."""
    n_speakers: int | None = None
    """Exact number of speakers."""
    max_speakers: int | None = None
    """Largest number of speakers."""
    prompt: str = ""
    """Names and terms of this meeting, given to the recognizer as a prompt."""
    heard: tuple[str, ...] = ()
    """Languages detected up to the checkpoint, the latest first; set by the job itself."""
    speech_levels: tuple[LevelCount, ...] = field(default=(), compare=False)
    """How loud the words up to the checkpoint are; set by the job itself, so never asked for."""

    def __post_init__(self) -> None:
        for name in ("n_speakers", "max_speakers"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}; it must be at least 1.")
        if self.n_speakers is not None and self.max_speakers is not None:
            raise ValueError("Give either n_speakers or max_speakers, not both.")


@dataclass(frozen=True, slots=True)
class Job:
    """The second pass of one meeting; a meeting has one job at most."""

    meeting_id: str
    state: JobState
    stage: JobStage
    """Of a failed job, the stage that failed; of a queued one, the stage it will start with."""
    options: JobOptions = field(default_factory=JobOptions)
    progress: float = 0.0
    """Part of the stage that is done, 0 to 1."""
    overall: float = 0.0
    """Part of the whole job that is done, 0 to 1, by expected time."""
    remaining_s: float | None = None
    """Expected wall-clock seconds until the end; None while there is no estimate."""
    checkpoint_samples: int = 0
    """The draft holds the words up to this sample; recognition resumes here."""
    source_path: str | None = None
    """The uploaded file, inside the data folder; None for a recorded meeting."""
    detail: str = ""
    """Why the job failed, or what its result lacks, in one sentence."""
    attempts: int = 0
    """How often the job was started since it was requested, or since it last made progress."""
    notes: Mapping[JobStage, tuple[str, ...]] = field(default_factory=dict)
    """What the finished stages could not do, in sentences; a stage that is repeated loses its."""
    failed_samples: int = 0
    """Of the draft, at 16 kHz: pieces on which the recognizer failed."""
    created_at: datetime | None = None
    finished_at: datetime | None = None
