"""The tasks of a job, one a stage (decode, recognize, diarize), and their results.

A pass (meetcore.jobs.pipeline) makes one task for each stage; an executor (meetcore.jobs.executors)
runs it here or in another process and reports to a `TaskObserver` meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.diarization.offline.diarize_recording import Diarization
from meetcore.errors import MeetcoreError
from meetcore.records import JobOptions


class TaskStopped(Exception):
    """Raised by an observer to end a task early; the job is resumed later."""


class JobCancelled(TaskStopped):
    """The user cancelled, or the meeting was deleted."""


class UnexpectedTaskError(Exception):
    """A library raised in the worker process; the text is the error's class, the log has more."""


class WorkerDiedError(MeetcoreError):
    """The worker process ended in the middle of a task."""

    is_logged = True


class StalledTaskError(MeetcoreError):
    """The worker process gave no sign of progress for too long, and was ended."""

    is_logged = True


class TaskObserver(Protocol):
    """Follows one task; every method may raise TaskStopped to end it."""

    def poll(self) -> None:
        """Called several times a second, also when there is nothing to report."""
        ...

    def progress(self, part: float) -> None:
        """Report the part done, 0 to 1; the first call means that the models are loaded."""
        ...

    def piece(self, words: PieceWords) -> None:
        """Report the words of the next piece of the recording."""
        ...


@dataclass(frozen=True, slots=True)
class DecodeTask:
    """Decode a media file into a recording."""

    source: Path
    folder: Path
    """Of the recording."""
    name: str
    """The file's name, for error messages."""
    longest_s: float
    """A longer file is refused."""
    speakers: bool = True
    """Whether a DiarizeTask follows: its models load meanwhile."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The recording that was made."""

    n_samples: int
    """At 16 kHz; 0 where the file has no sound."""
    file_name: str | None
    detail: str = ""
    """What is missing, in one sentence."""


@dataclass(frozen=True, slots=True)
class CompactTask:
    """Compress a raw recording to FLAC, so that browsers can play it."""

    folder: Path


@dataclass(frozen=True, slots=True)
class Compacted:
    """The FLAC file's name, or why there is none."""

    file_name: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RecognizeTask:
    """Recognize a recording from a sample on; the observer gets the words of each piece."""

    folder: Path
    start_sample: int
    """At 16 kHz; the end of the last piece whose words are known."""
    options: JobOptions


@dataclass(frozen=True, slots=True)
class Recognized:
    """The recognizer that was used; the words went to the observer."""

    recognizer: str = ""
    """Weight, engine and device: "base.en · ctranslate2 · cpu int8"."""
    weight: str = ""
    detail: str = ""
    """Why it is not the recognizer asked for, in one sentence."""
    failed_samples: int = 0
    """At 16 kHz: pieces on which the recognizer failed."""


@dataclass(frozen=True, slots=True)
class RollTask:
    """Recognize the next pieces of a recording that still grows, as a RecognizeTask would.

    It ends after a few pieces, or where the end of the next one is not known yet.
    """

    folder: Path
    start_sample: int
    """At 16 kHz; the end of the last piece whose words are known."""
    options: JobOptions


@dataclass(frozen=True, slots=True)
class Rolled:
    """The words went to the observer."""

    n_pieces: int
    """Pieces that were looked at; 0 where the end of the next one is not known yet."""
    reached_samples: int = 0
    """At 16 kHz: before it nothing is left to recognize."""


@dataclass(frozen=True, slots=True)
class RollDiarizeTask:
    """Look for speakers in what a growing recording has new; a later DiarizeTask continues it.

    It ends after some seconds of audio.
    """

    folder: Path


@dataclass(frozen=True, slots=True)
class RolledSpeakers:
    """How far the speakers of a growing recording are looked for."""

    follows: bool
    """False where the diarizer takes whole recordings only."""
    n_samples: int = 0
    """At 16 kHz."""


@dataclass(frozen=True, slots=True)
class DiarizeTask:
    """Find the speaker turns of a recording."""

    folder: Path
    options: JobOptions


@dataclass(frozen=True, slots=True)
class Diarized:
    """Speaker turns and voices; where there are none, the reason."""

    diarization: Diarization | None = None
    weight: str = ""
    """Name of the embedding weight that made the voices."""
    detail: str = ""


Task = DecodeTask | CompactTask | RecognizeTask | DiarizeTask | RollTask | RollDiarizeTask
Result = Decoded | Compacted | Recognized | Diarized | Rolled | RolledSpeakers


class TaskExecutor(Protocol):
    """Runs tasks: of a running meeting's recording from one thread, all others from another."""

    def run(self, task: Task, observer: TaskObserver) -> Result:
        """Run a task; blocks until it is done.

        Raises
        ------
        TaskStopped
            The observer raised it.
        WorkerDiedError
            The worker process ended; the task may be run again.
        StalledTaskError
            It made no progress for too long.
        MeetcoreError, UnexpectedTaskError
            The task failed; the first has a sentence for the user.
        """
        ...

    @property
    def pid(self) -> int | None:
        """Process id of the worker; None while there is none."""
        ...

    def idle(self) -> None:
        """Called every few seconds while no task runs."""
        ...

    def reload_models(self) -> None:
        """Load models anew for the next task. Called from any thread; returns at once."""
        ...

    def close(self) -> None:
        """Release everything; idempotent."""
        ...
