"""Threads that go on after an unexpected error; Diagnostics shows what they met.

`keep_running` is the loop of a thread that must not end, `guarded` the body of one that ends by
itself. Both log the error and count it by the thread's name.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.25
"""Seconds after an error until the next step; doubled with every further one in a row."""
LONGEST_PAUSE_S = 30.0
RECENT = timedelta(minutes=30)
"""How long Diagnostics shows an error."""


@dataclass(frozen=True, slots=True)
class ThreadErrors:
    """The unexpected errors of one kind of thread since the process began."""

    thread: str
    """What its threads do, as Diagnostics says it: "jobs"."""
    count: int
    newest: str
    """Class of the newest error; its text may quote what was said, or paths."""
    at: datetime
    """When the newest came, UTC."""


_lock = threading.Lock()
_met: dict[str, ThreadErrors] = {}


def keep_running(
    thread: str,
    step: Callable[[], object],
    stopping: Callable[[], bool],
    pause: Callable[[float], object],
) -> None:
    """Call `step` until `stopping`; after an error the next step follows a pause.

    Parameters
    ----------
    thread : what the thread does, as Diagnostics says it
    pause : waits so many seconds, or until the thread is to stop
    """
    pause_s = FIRST_PAUSE_S
    while not stopping():
        try:
            step()
        except Exception as error:
            note(thread, error)
            pause(pause_s)
            pause_s = min(2.0 * pause_s, LONGEST_PAUSE_S)
        else:
            pause_s = FIRST_PAUSE_S


@contextmanager
def guarded(thread: str) -> Iterator[None]:
    """Within the block an unexpected error is noted; the block then ends without it."""
    try:
        yield
    except Exception as error:
        note(thread, error)


def note(thread: str, error: Exception) -> None:
    """Log an unexpected error of a thread, and count it for Diagnostics."""
    logger.error("the %s thread met an error and goes on", thread, exc_info=error)
    with _lock:
        count = _met[thread].count + 1 if thread in _met else 1
        _met[thread] = ThreadErrors(thread, count, type(error).__name__, datetime.now(UTC))


def thread_errors() -> tuple[ThreadErrors, ...]:
    """What the threads of this process met, with an error in the last `RECENT` time."""
    since = datetime.now(UTC) - RECENT
    with _lock:
        return tuple(each for each in _met.values() if each.at > since)
