"""A running meeting as readers see it: frozen snapshots, never the meeting itself."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from meetcore.records.transcript import Segment, Speaker, Word


class LiveState(enum.StrEnum):
    """What a running meeting's worker is doing."""

    LISTENING = "listening"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class LiveHealth:
    """Counts and times of one running meeting; no words, no names."""

    frames_offered: int = 0
    samples_on_disk: int = 0
    backlog: float = 0.0
    """Seconds of audio recorded but not yet heard by the recognizer."""
    step: float = 0.0
    """Seconds of new audio between two decodes, now in force."""
    rtf: float = 0.0
    chunk_errors: int = 0
    """All since the meeting began."""
    recent_errors: int = 0
    """Those of the last minute; none means that what failed has recovered."""
    last_error: str = ""
    """The newest error, by its class or a sentence; empty after a minute without one."""
    last_traceback: str = ""
    """Of the newest error, however old: code and our own messages, nothing that was said."""
    latency_p50: float | None = None
    """Seconds from a word's last sample arriving to its being committed: half took less.
    Over the words of the last minutes; None while there are none."""
    latency_p95: float | None = None
    since_last_frame: float = 0.0
    """Seconds on the wall clock since the browser last sent anything."""
    keeping_up: bool = True


@dataclass(frozen=True, slots=True)
class LiveSnapshot:
    """A frozen view of a running meeting; what a page draws and nothing else.

    Segments are committed (their words never change; their speaker may settle
    later). `tentative` are words after the last segment that may still change.
    """

    meeting_id: str
    title: str
    state: LiveState
    elapsed: float
    """Seconds recorded, on the meeting's clock."""
    level_db: float
    """RMS of the last 100 ms, in dB relative to full scale; -100 for digital silence."""
    silent_for: float
    """Seconds of digital silence up to now."""
    segments: tuple[Segment, ...]
    tentative: tuple[Word, ...]
    tentative_speaker: str | None
    speakers: tuple[Speaker, ...]
    health: LiveHealth
    source: str | None = None
    """Id of the browser tab whose microphone is in use; None when nobody sends."""
    version: int = 0
    """Grows with every change a page would want to draw."""
