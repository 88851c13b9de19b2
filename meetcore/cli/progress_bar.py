"""Progress on a stream: one moving line on a terminal, else a line per quarter."""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass
from typing import TextIO

CLEAR_LINE = "\r\x1b[K"
QUARTERS = 4


@dataclass(frozen=True, slots=True)
class Report:
    """How far one thing is."""

    name: str
    step: str
    """What is being done to it; a new step is worth a line of its own."""
    fraction: float
    """Of the step, 0 to 1."""
    text: str
    """The whole of it, for people."""


class ProgressBoard:
    """Shows several things at once; safe from several threads."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._moving = stream.isatty()
        self._lock = threading.Lock()
        self._running: dict[str, Report] = {}
        self._quarters: dict[tuple[str, str], int] = {}

    def show(self, report: Report) -> None:
        """Take note of one thing's progress."""
        with self._lock:
            self._running[report.name] = report
            if self._moving:
                line = "   ".join(item.text for item in self._running.values())
                width = shutil.get_terminal_size().columns - 1
                self._stream.write(f"{CLEAR_LINE}{line[:width]}")
            elif self._is_news(report):
                self._stream.write(f"{report.text}\n")
            self._stream.flush()

    def say(self, line: str) -> None:
        """Write a line that stays."""
        with self._lock:
            self._wipe()
            self._stream.write(f"{line}\n")
            self._stream.flush()

    def close(self) -> None:
        """Take the moving line away: what was shown is over."""
        with self._lock:
            self._wipe()
            self._running.clear()
            self._stream.flush()

    def _wipe(self) -> None:
        if self._moving and self._running:
            self._stream.write(CLEAR_LINE)

    def _is_news(self, report: Report) -> bool:
        quarter = int(QUARTERS * report.fraction)
        key = (report.name, report.step)
        if self._quarters.get(key) == quarter:
            return False
        self._quarters[key] = quarter
        return True
