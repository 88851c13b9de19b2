"""What goes through the pipe between the server and its worker process."""

from __future__ import annotations

from dataclasses import dataclass

from meetcore.errors import MeetcoreError
from meetcore.jobs.tasks import Result
from meetcore.settings import Settings


@dataclass(frozen=True, slots=True)
class Setup:
    """First to the worker: how to load models, and how much to tell of it."""

    settings: Settings
    log_level: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """To the worker: end the task at work."""


@dataclass(frozen=True, slots=True)
class Progressed:
    """From the worker: part done, 0 to 1."""

    part: float


@dataclass(frozen=True, slots=True)
class Finished:
    """From the worker: the task is done."""

    result: Result


@dataclass(frozen=True, slots=True)
class Failed:
    """From the worker: the task is over without a result."""

    error: MeetcoreError | None = None
    kind: str = ""
    """Class of an error that isn't ours."""
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """The worker has ended."""

    return_code: int
