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
    line. Messages are kept for Meetcore's own errors, and of an OSError the system's words: others
    may quote the data that failed.
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
    said = _safe_message(error)
    lines.append(f"{name}: {said}" if said else name)
    return "\n".join(lines)


def _safe_message(error: BaseException) -> str:
    if isinstance(error, MeetcoreError):
        return str(error).replace(str(Path.home()), "~")
    # Of the system: "No space left on device". The file's name is left out.
    return error.strerror or "" if isinstance(error, OSError) else ""


def _relative(filename: str) -> str:
    """A file's path without the folders above its package: they may hold a person's name."""
    path = PurePath(filename)
    for folder in sorted(filter(None, sys.path), key=len, reverse=True):
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return path.name
