"""A meeting as the store lists it, without its transcript."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from meetcore.records.mode import Mode


class MeetingState(enum.StrEnum):
    """Where a meeting is in its life, as the store knows it."""

    LIVE = "live"
    INTERRUPTED = "interrupted"
    FINALIZING = "finalizing"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting as the store lists it."""

    id: str
    title: str
    state: MeetingState
    created_at: datetime
    duration: float = 0.0
    mode: Mode | None = None
    detail: str = ""
    """Why it failed or stepped down, in one sentence; empty when all is well."""
    recognizer: str = ""
    audio_path: str | None = None
    language: str | None = None
    progress: float = 0.0
    """Of the second pass, 0 to 1."""
    ended_at: datetime | None = None
    """When it stopped being live; None while it runs, or when nobody saw it end."""
    source_name: str = ""
    """Name of the file it was made of; empty for one that was recorded here."""
