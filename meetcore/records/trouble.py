"""What went wrong in a part that went on: counted, dated, and traced without anybody's words."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath

from meetcore.errors import MeetcoreError, causes

CLEAN_S = 60.0
"""Seconds without an error after which what failed counts as recovered."""
MOST_COUNTED = 1000
MOST_FRAMES = 12
"""Frames of one traceback, the innermost; a library's own recursion says little more."""
MOST_CAUSES = 4


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong in a part so far; it went on."""

    chunk_errors: int = 0
    recent_errors: int = 0
    """Of those, how many in the last minute."""
    last_error: str = ""
    """The newest error, by its class or a sentence; empty after a minute without one."""
    last_traceback: str = ""
    """Of the newest error, however old; see `safe_traceback`."""
    at: float = float("-inf")
    """When that was, on the clock of who keeps count."""


class Troubles:
    """Keeps count of what goes wrong in one part. Safe from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._count = 0
        self._recent: deque[float] = deque(maxlen=MOST_COUNTED)
        self._error = ""
        self._traceback = ""

    def note(self, error: BaseException, text: str = "") -> None:
        """Count an error; `text` is shown for it instead of its class."""
        trace = safe_traceback(error)
        with self._lock:
            self._count += 1
            self._recent.append(self._clock())
            self._error, self._traceback = text or type(error).__name__, trace

    def view(self) -> Trouble:
        """What went wrong so far, as it looks now."""
        with self._lock:
            if not self._recent:
                return Trouble()
            newest, since = self._recent[-1], self._clock() - CLEAN_S
            recent = sum(at > since for at in self._recent)
            return Trouble(
                self._count, recent, self._error if recent else "", self._traceback, newest
            )


def together(*troubles: Trouble) -> Trouble:
    """The troubles of several parts on one clock; the newest error is the one named."""
    named = max(troubles, key=lambda each: (bool(each.last_error), each.at))
    return Trouble(
        sum(each.chunk_errors for each in troubles),
        sum(each.recent_errors for each in troubles),
        named.last_error,
        named.last_traceback,
        named.at,
    )


def safe_traceback(error: BaseException) -> str:
    """Where an error came from, fit to be shown and sent: nothing in it was said by anybody.

    Each frame gives a file relative to its package, a line, a function and the source there.
    The message is given for our own errors alone: any other may hold what it choked on.
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
    """A file without the folders that lead to its package: they may name a person."""
    path = PurePath(filename)
    for folder in sorted(filter(None, sys.path), key=len, reverse=True):
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return path.name
