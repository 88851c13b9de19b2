"""Runs functions in forked children and kills them with SIGKILL at chosen moments."""

from __future__ import annotations

import contextlib
import multiprocessing
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

KILLS = 24
FORKING = multiprocessing.get_context("forkserver")
# Children are forked from a process that has imported what they need.
FORKING.set_forkserver_preload(["tests.kills.victims"])
Figure = Callable[[str], None]


def undisturbed(target: Callable[..., None], folder: Path) -> tuple[Any, float]:
    """Run `target` in a child to its end; its last report, and the seconds since its first."""
    ours, theirs = FORKING.Pipe()
    child = FORKING.Process(target=target, args=(folder, theirs))
    child.start()
    theirs.close()
    last, began = ours.recv(), time.monotonic()
    with contextlib.suppress(EOFError):
        while True:
            last = ours.recv()
    took = time.monotonic() - began
    child.join(60)
    assert child.exitcode == 0
    return last, took


def killed_after(
    seconds: float, target: Callable[..., None], *arguments: Any
) -> tuple[Any, int | None]:
    """Run `target` in a child, kill it so long after its first report.

    Returns
    -------
    tuple of the last report and the exit code: -9, or 0 where it was done before
    """
    ours, theirs = FORKING.Pipe()
    child = FORKING.Process(target=target, args=(arguments[0], theirs, *arguments[1:]))
    child.start()
    theirs.close()
    assert ours.poll(60), "the child did not begin"
    last = ours.recv()
    end = time.monotonic() + seconds
    with contextlib.suppress(EOFError):
        while (left := end - time.monotonic()) > 0:
            if ours.poll(left):
                last = ours.recv()
    child.kill()
    child.join(60)
    with contextlib.suppress(EOFError, OSError):
        while ours.poll():
            last = ours.recv()
    return last, child.exitcode


def is_intact(database: Path) -> bool:
    """Whether SQLite finds no damage in a database."""
    connection = sqlite3.connect(database)
    try:
        return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])
    finally:
        connection.close()
