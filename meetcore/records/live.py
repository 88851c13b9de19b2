"""Snapshots of a running meeting, which its threads publish and pages draw."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from meetcore.records.transcript import Segment, Speaker, Word


class LiveState(enum.StrEnum):
    """What a running meeting does at the moment."""

    LISTENING = "listening"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch that is recorded and has no live text: the second pass transcribes it. Seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class TranscriptShape:
    """Which segments of a running meeting may still change. Counts of segments."""

    settled: int = 0
    """The first ones: words of the second pass, which never change."""
    settled_frozen: int = 0
    """Those of them whose speaker changes no more either, except by a merge of labels."""
    committed_frozen: int = 0
    """Those after the settled ones that change no more until settled words replace them."""
    replaced: int = 0
    """Frozen segments of committed words that settled words replaced since the meeting began."""


@dataclass(frozen=True, slots=True)
class LiveHealth:
    """Counts and times of one running meeting, without words or names."""

    frames_offered: int = 0
    samples_on_disk: int = 0
    backlog: float = 0.0
    """Seconds of audio recorded but not yet recognized."""
    step: float = 0.0
    """Seconds of new audio between two decodes at the moment."""
    rtf: float = 0.0
    chunk_errors: int = 0
    """Errors since the meeting began, of models, disk and store."""
    recent_errors: int = 0
    """Those of the last minute; 0 means that the models have recovered."""
    last_error: str = ""
    """Class of the newest error, or a sentence; empty after a minute without an error."""
    last_traceback: str = ""
    """Of the newest error, however old; holds code and Meetcore's own messages, never words."""
    latency_p50: float | None = None
    """Median seconds from the arrival of a word's last sample to its commit, over the words of
    the last minutes; None without any."""
    latency_p95: float | None = None
    since_last_frame: float = 0.0
    """Wall-clock seconds since the browser last sent audio."""
    keeping_up: bool = True
    is_lighter: bool = False
    """Whether a smaller weight writes live for now, as the machine is busy."""
    weight_changed_at: float | None = None
    """Seconds on the meeting's clock at which that changed last; None if it never did."""
    model_errors: int = 0
    """Those of `chunk_errors` that a model made: each cost the live text of one window."""
    unsettled: float = 0.0
    """Seconds of audio that the second pass has not reached yet; 0 where it does not follow."""
    unsaved_for: float = 0.0
    """Seconds since the oldest word or name that is not in the store yet; mostly 0. While the
    store refuses, words are shown before they are saved."""


@dataclass(frozen=True, slots=True)
class LiveSnapshot:
    """All that a page draws of a running meeting, at one moment.

    The words of the first segments are settled and never change. Those after them are committed:
    settled words may replace them, once. Speakers may change until the diarizer has decided.
    `tentative` are the words after them, which may still change.
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
    shape: TranscriptShape = field(default_factory=TranscriptShape)
    """Which segments may still change."""
    merged: Mapping[str, str] = field(default_factory=dict)
    """All labels that proved to be another speaker's, old to the one in force; `segments` have
    the new ones already."""
    source: str | None = None
    """Id of the browser tab whose microphone is in use; None when no tab sends audio."""
    gaps: tuple[Gap, ...] = ()
    """Stretches without live text, in order."""
    language_note: str = ""
    """One sentence where another weight writes for the meeting's languages, none can, or the
    speech sounds like a language that the weight cannot write."""
    version: int = 0
    """Grows with every change of what a page draws."""
