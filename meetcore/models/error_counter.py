"""Counts a running component's errors; tracebacks hold no user text."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from meetcore.records.error_summary import ErrorSummary
from meetcore.text.safe_traceback import safe_traceback

RECENT_S = 60.0
"""Seconds without an error after which the component counts as recovered."""
MOST_COUNTED = 1000


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
