"""Messages between `ProcessExecutor` and its worker process (child_main), sent as pickles."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from meetcore.errors import MeetcoreError
from meetcore.jobs.tasks import Result, RollDiarizeTask, RollTask, Task
from meetcore.settings import Settings


class Lane(enum.Enum):
    """The worker runs one task on each lane at the same time, on the same models."""

    JOBS = "jobs"
    ROLLING = "rolling"
    """Tasks of running meetings."""


def lane_of(task: Task) -> Lane:
    """The lane on which a task runs."""
    return Lane.ROLLING if isinstance(task, RollTask | RollDiarizeTask) else Lane.JOBS


@dataclass(frozen=True, slots=True)
class OnLane:
    """A task, Cancel or report, and the lane it belongs to."""

    lane: Lane
    message: object


@dataclass(frozen=True, slots=True)
class Setup:
    """The first message to the worker; tasks follow."""

    settings: Settings
    log_level: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """To the worker: end the running task."""


@dataclass(frozen=True, slots=True)
class Progressed:
    """From the worker: the part of the task that is done, 0 to 1."""

    part: float


@dataclass(frozen=True, slots=True)
class Finished:
    """From the worker: the task is done."""

    result: Result


@dataclass(frozen=True, slots=True)
class Failed:
    """From the worker: the task ended without a result."""

    error: MeetcoreError | None = None
    kind: str = ""
    """Class name of an error that is no MeetcoreError."""
    stopped: bool = False
    """Whether a Cancel ended it."""


@dataclass(frozen=True, slots=True)
class Exited:
    """Put in by the executor's reader thread: the worker process has ended."""

    return_code: int
    """Negative for a signal, as in subprocess."""
