"""Progress of several things: rich's bars on a terminal, else a line at 25, 50, 75, 100 %."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

QUARTERS = 4
BAR_WIDTH = 20


@dataclass(frozen=True, slots=True)
class Report:
    """How far one thing is."""

    name: str
    step: str
    """What is being done to it; the quarters of each step are counted anew."""
    fraction: float
    """Of the step, 0 to 1."""
    detail: str
    """Shown after the percentage."""


class ProgressBoard:
    """Shows several things at once; safe from several threads."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._bars = _bars(stream) if stream.isatty() else None
        self._tasks: dict[str, TaskID] = {}
        self._quarters: dict[tuple[str, str], int] = {}

    def show(self, report: Report) -> None:
        """Show one thing's progress."""
        with self._lock:
            if self._bars is not None:
                self._move(self._bars, report)
            elif self._is_new_quarter(report):
                self._write(f"{report.name}  {report.fraction:4.0%}  {report.detail}")

    def say(self, line: str) -> None:
        """Write a line that stays, above the bars."""
        with self._lock:
            if self._bars is None:
                self._write(line)
            else:
                self._bars.console.print(line, soft_wrap=True)

    def close(self) -> None:
        """Remove the bars; the next `show` starts new ones."""
        with self._lock:
            if self._bars is not None and self._tasks:
                self._bars.stop()
                for task in self._tasks.values():
                    self._bars.remove_task(task)
                self._tasks.clear()

    def _move(self, bars: Progress, report: Report) -> None:
        if not self._tasks:
            bars.start()
        if report.name not in self._tasks:
            self._tasks[report.name] = bars.add_task(report.name, total=1.0, detail="")
        bars.update(
            self._tasks[report.name], completed=report.fraction, detail=report.detail, refresh=True
        )

    def _write(self, line: str) -> None:
        self._stream.write(f"{line}\n")
        self._stream.flush()

    def _is_new_quarter(self, report: Report) -> bool:
        quarter = int(QUARTERS * report.fraction)
        key = (report.name, report.step)
        if self._quarters.get(key) == quarter:
            return False
        self._quarters[key] = quarter
        return True


def _bars(stream: TextIO) -> Progress:
    """Bars that vanish when they are stopped; imported here because the doctor runs without rich.

    File names are no markup, and results on standard output are not redirected.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=BAR_WIDTH),
        TaskProgressColumn(),
        TextColumn("{task.fields[detail]}", markup=False),
        console=Console(file=stream, markup=False, emoji=False, highlight=False),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
