"""A title as the name of a file, on any system."""

from __future__ import annotations

import re

from meetcore.transcript.cues import one_line

FORBIDDEN = re.compile(r'[\\/:*?"<>|]+')
"""What Windows takes in no name; the slash is everybody's."""
LONGEST_BYTES = 120
"""Of UTF-8; with an extension and a number it stays far below the 255 of most file systems."""


def file_stem(title: str) -> str:
    """A title as a file's name, without an extension.

    >>> file_stem("Meeting, 22 November 14:05")
    'Meeting, 22 November 14-05'
    >>> file_stem("../.."), len(file_stem("👩" * 100))
    ('transcript', 30)
    """
    safe = FORBIDDEN.sub("-", one_line(title)).encode("utf-8")[:LONGEST_BYTES]
    return safe.decode("utf-8", "ignore").strip(" .-") or "transcript"
