"""A stored meeting without its transcript: title, state, times, models."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import datetime

from meetcore.records.mode import Mode

ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
"""Form of every id, and of the name of a meeting's folder."""


class MeetingState(enum.StrEnum):
    """The state of a stored meeting."""

    LIVE = "live"
    INTERRUPTED = "interrupted"
    FINALIZING = "finalizing"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Meeting:
    """A stored meeting, without its transcript."""

    id: str
    title: str
    state: MeetingState
    created_at: datetime
    duration: float = 0.0
    mode: Mode | None = None
    detail: str = ""
    """Why it failed, or which models were missing, in one sentence; empty when all is well."""
    recognizer: str = ""
    audio_path: str | None = None
    language: str | None = None
    progress: float = 0.0
    """Part of the second pass that is done, 0 to 1."""
    ended_at: datetime | None = None
    """When the recording ended; None while it runs, or after a crash."""
    source_name: str = ""
    """Name of the imported file; empty for a meeting recorded here."""
