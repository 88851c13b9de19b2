"""What a job asks of an engine, and what it is told meanwhile; all of it can be pickled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from meetcore.asr.offline.recording import PieceWords
from meetcore.diarization.offline.recording import Diarization
from meetcore.errors import MeetcoreError
from meetcore.records import JobOptions


class Stopped(Exception):
    """Raised by a watch to end a task early; it is taken up again another time."""


class CancelledByPerson(Stopped):
    """Nobody wants the result any more."""


class UnknownFailure(Exception):
    """A library failed in another process; the text is the error's class, the log has the rest."""


class WorkerDiedError(MeetcoreError):
    """The worker process ended in the middle of a task."""


class Watch(Protocol):
    """Who follows a task; every method may raise Stopped to end it."""

    def poll(self) -> None:
        """Called now and then, also when there is nothing to tell."""
        ...

    def progress(self, part: float) -> None:
        """How much of the task is done, 0 to 1; the first call says that the models are there."""
        ...

    def piece(self, words: PieceWords) -> None:
        """The words of the next piece."""
        ...


@dataclass(frozen=True, slots=True)
class DecodeTask:
    """Turn a media file into a recording."""

    source: Path
    folder: Path
    name: str
    """The file's name, for messages."""
    longest_s: float
    speakers: bool = True
    """Whether a diarizer is wanted next."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the recording is now."""

    n_samples: int
    file_name: str | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RecognizeTask:
    """Hear a recording from a sample on; each piece is told to the watch."""

    folder: Path
    start_sample: int
    options: JobOptions
    """With the language in force."""


@dataclass(frozen=True, slots=True)
class Recognized:
    """Which recognizer heard it, and what is missing, in one sentence."""

    recognizer: str
    weight: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DiarizeTask:
    """Find out who spoke when."""

    folder: Path
    options: JobOptions


@dataclass(frozen=True, slots=True)
class Diarized:
    """Who spoke when; without a diarization, the reason."""

    diarization: Diarization | None = None
    weight: str = ""
    """Name of the weight that made the voices."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CompactTask:
    """Make a recording small, so that it plays."""

    folder: Path


@dataclass(frozen=True, slots=True)
class Compacted:
    """The compact file's name, or why there is none."""

    file_name: str | None = None
    detail: str = ""


Task = DecodeTask | CompactTask | RecognizeTask | DiarizeTask
Result = Decoded | Compacted | Recognized | Diarized


class Engine(Protocol):
    """Does tasks one after the other; used by one thread."""

    def run(self, task: Task, watch: Watch) -> Result:
        """The result of a task.

        Raises
        ------
        Stopped
            The watch wanted it.
        WorkerDiedError
            What did the work is gone; the task may be tried again.
        MeetcoreError, UnknownFailure
            It cannot be done.
        """
        ...

    @property
    def pid(self) -> int | None:
        """Of the process that does the work, while there is one besides this."""
        ...

    def rest(self) -> None:
        """Called now and then while there is no work."""
        ...

    def renew(self) -> None:
        """Load models anew for the next task. Called from any thread; returns at once."""
        ...

    def close(self) -> None:
        """Release everything; idempotent."""
        ...


Tell = Callable[[float], None]
