"""Gives a process a part of one core, without rights or containers. Linux and macOS only."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from meetcore.supervised import guarded

PERIOD_S = 0.2
"""The process is stopped and continued (SIGSTOP, SIGCONT) once in this time."""


@contextmanager
def throttled(pid: int, share: float) -> Iterator[None]:
    """Within the block, a process gets this share of the time of one core."""
    over = threading.Event()

    def run() -> None:
        with guarded("throttle"), suppress(ProcessLookupError):
            while not over.is_set():
                os.kill(pid, signal.SIGSTOP)
                over.wait((1.0 - share) * PERIOD_S)
                os.kill(pid, signal.SIGCONT)
                over.wait(share * PERIOD_S)

    cores = os.sched_getaffinity(pid) if sys.platform == "linux" else set()
    _pin(pid, {min(cores)} if cores else set())
    thread = threading.Thread(target=run, name="throttle")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        with suppress(ProcessLookupError, FileNotFoundError):
            os.kill(pid, signal.SIGCONT)
            _pin(pid, cores)


def _pin(pid: int, cores: set[int]) -> None:
    """Let all threads of a process run on these cores only."""
    if cores and sys.platform == "linux":
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), cores)
