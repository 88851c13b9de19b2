"""The records that cross module borders; all frozen, all on the meeting's clock in seconds."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from meetcore.modes import Mode as Mode

SAMPLE_RATE = 16_000
"""Samples per second (Hz) of everything between a decoder and a model."""

Samples = npt.NDArray[np.float32]
"""Mono audio, shape (n_samples,), float32 in [-1, 1], 16 kHz."""


class MeetingState(enum.StrEnum):
    """Where a meeting is in its life, as the store knows it."""

    LIVE = "live"
    INTERRUPTED = "interrupted"
    FINALIZING = "finalizing"
    DONE = "done"
    FAILED = "failed"


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


@dataclass(frozen=True, slots=True)
class RungLeft:
    """A rung the identifier could not hold: its mode, why, and how to climb back."""

    mode: Mode
    reason: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class ModelsInUse:
    """What the identifier loaded, for the page, the store and the bench."""

    mode: Mode
    live_recognizer: str = ""
    """For example "tiny.en · ctranslate2 · cpu int8"."""
    final_recognizer: str = ""
    diarizer: str = ""
    reason: str = ""
    """One sentence: why this mode and these weights."""
    rungs_left: tuple[RungLeft, ...] = ()
    languages: tuple[str, ...] = ("en",)
    """ISO codes the live recognizer can be told to use."""


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
