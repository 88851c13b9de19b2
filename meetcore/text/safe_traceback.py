"""Tracebacks that hold no user text, for logs and for Diagnostics."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path, PurePath

from meetcore.errors import MeetcoreError, causes

MOST_FRAMES = 12
"""Frames kept of one traceback, the innermost; deep recursion in a library adds nothing."""
MOST_CAUSES = 4


def safe_traceback(error: BaseException) -> str:
    """The traceback of an error and its causes, without anything that was said in a meeting.

    Each frame gives a file relative to its package, a line number, a function and the source
    line. Messages are those of `safe_message`.
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
    said = safe_message(error)
    lines.append(f"{name}: {said}" if said else name)
    return "\n".join(lines)


def safe_message(error: BaseException) -> str:
    """What a log may hold of an error's text; "" where it may name a file or a person.

    Kept are the texts of Meetcore's errors about settings, weights, workers and the database, and
    of an OSError the system's words. Others may quote what failed.
    """
    if isinstance(error, MeetcoreError):
        return str(error).replace(str(Path.home()), "~") if error.is_logged else ""
    # Of the system: "No space left on device". The file's name is left out.
    return error.strerror or "" if isinstance(error, OSError) else ""


def in_one_line(error: BaseException) -> str:
    """An error for a log line: its class, and its text where a log may hold it.

    >>> in_one_line(OSError(28, "No space left on device", "Ada.wav"))
    'OSError: No space left on device'
    """
    return ": ".join(filter(None, (type(error).__name__, safe_message(error))))


def _relative(filename: str) -> str:
    """A file's path without the folders above its package: they may hold a person's name."""
    path = PurePath(filename)
    for folder in sorted(filter(None, sys.path), key=len, reverse=True):
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return path.name
