"""Counts a running component's errors; tracebacks hold no user text."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from pathlib import Path, PurePath

from meetcore.errors import MeetcoreError, causes
from meetcore.records.error_summary import ErrorSummary

RECENT_S = 60.0
"""Seconds without an error after which the component counts as recovered."""
MOST_COUNTED = 1000
MOST_FRAMES = 12
"""Frames kept of one traceback, the innermost; deep recursion in a library adds nothing."""
MOST_CAUSES = 4


class ErrorCounter:
    """Counts errors and keeps the newest. Safe from several threads.

    Parameters
    ----------
    clock : callable
        Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._count = 0
        self._recent: deque[float] = deque(maxlen=MOST_COUNTED)
        self._error = ""
        self._traceback = ""

    def add(self, error: BaseException, text: str = "") -> None:
        """Count an error; `text` is shown for it instead of the name of its class."""
        trace = safe_traceback(error)
        with self._lock:
            self._count += 1
            self._recent.append(self._clock())
            self._error, self._traceback = text or type(error).__name__, trace

    def summary(self) -> ErrorSummary:
        """The errors so far; those of the last RECENT_S seconds count as recent."""
        with self._lock:
            if not self._recent:
                return ErrorSummary()
            newest, since = self._recent[-1], self._clock() - RECENT_S
            recent = sum(at > since for at in self._recent)
            return ErrorSummary(
                self._count, recent, self._error if recent else "", self._traceback, newest
            )


def safe_traceback(error: BaseException) -> str:
    """The traceback of an error and its causes, without anything that was said in a meeting.

    Each frame gives a file relative to its package, a line number, a function and the source
    line. Messages are kept for Meetcore's own errors only: others may quote the data that failed.
    """
    chain = causes(error)[:MOST_CAUSES]
    return "\nwhich led to\n".join(_traced(each) for each in reversed(chain))


def _traced(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    lines = []
    for frame in list(frames)[-MOST_FRAMES:]:
        lines.append(f"{_relative(frame.filename)}:{frame.lineno} in {frame.name}")
        if frame.line:
            lines.append(f"    {frame.line}")
    name = type(error).__name__
    own = str(error).replace(str(Path.home()), "~") if isinstance(error, MeetcoreError) else ""
    lines.append(f"{name}: {own}" if own else name)
    return "\n".join(lines)


def _relative(filename: str) -> str:
    """A file's path without the folders above its package: they may hold a person's name."""
    path = PurePath(filename)
    for folder in sorted(filter(None, sys.path), key=len, reverse=True):
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return path.name
