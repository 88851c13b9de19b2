"""Names that people and browsers give: made safe to show, and safe as names of files."""

from __future__ import annotations

import re
import unicodedata

from meetcore.text.lines import one_line

LONGEST_TITLE = 120
"""Characters of a meeting's title, and of a file's name that is shown."""
LONGEST_NAME = 60
"""Characters of a person's name."""
UNNAMED = "Recording"
FORBIDDEN = re.compile(r'[\\/:*?"<>|]+')
"""What Windows accepts in no file name; the slash is forbidden everywhere."""
LONGEST_STEM_BYTES = 120
"""Of UTF-8; with an extension and a number it stays far below the 255 of most file systems."""


def shown_name(name: str) -> str:
    r"""The last part of a path, without control characters or marks that change text direction.

    Examples
    --------
    >>> shown_name("../../etc/passwd"), shown_name("C:\\x\\talk.mp4"), shown_name("a\x00b.wav")
    ('passwd', 'talk.mp4', 'ab.wav')
    >>> shown_name("\u202egpj.wav"), len(shown_name("x" * 300 + ".wav")), shown_name("..")
    ('gpj.wav', 120, 'Recording')
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    # Cc and Cf are controls and formats, such as bidi overrides; Cs, Co and Cn name nothing.
    clean = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    clean = " ".join(clean.split())
    if len(clean) > LONGEST_TITLE:
        stem, dot, suffix = clean.rpartition(".")
        tail = f"{dot}{suffix}" if stem and len(suffix) <= 10 else ""
        clean = clean[: LONGEST_TITLE - len(tail)] + tail
    return clean if clean.strip(". ") else UNNAMED


def title_of(name: str) -> str:
    """A file's shown name without its extension: the title of the meeting made of it.

    >>> title_of("Board meeting.2026.mp4"), title_of(".wav"), title_of("talk")
    ('Board meeting.2026', '.wav', 'talk')
    """
    shown = shown_name(name)
    stem, dot, suffix = shown.rpartition(".")
    return stem if stem.strip() and dot and 0 < len(suffix) <= 5 else shown


def file_stem(title: str) -> str:
    """A title as a file's name without an extension, valid on every system.

    >>> file_stem("Meeting, 22 November 14:05")
    'Meeting, 22 November 14-05'
    >>> file_stem("../.."), len(file_stem("👩" * 100))
    ('transcript', 30)
    """
    safe = FORBIDDEN.sub("-", one_line(title)).encode("utf-8")[:LONGEST_STEM_BYTES]
    return safe.decode("utf-8", "ignore").strip(" .-") or "transcript"
