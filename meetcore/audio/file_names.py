"""What a file's name may become: a title, and a name to show; never a path. Pure."""

from __future__ import annotations

import unicodedata

LONGEST = 120
UNNAMED = "Recording"


def shown_name(name: str) -> str:
    r"""The last part of a path, without control characters or marks that turn text around.

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
    if len(clean) > LONGEST:
        stem, dot, suffix = clean.rpartition(".")
        tail = f"{dot}{suffix}" if stem and len(suffix) <= 10 else ""
        clean = clean[: LONGEST - len(tail)] + tail
    return clean if clean.strip(". ") else UNNAMED


def title_of(name: str) -> str:
    """The name without its ending.

    >>> title_of("Board meeting.2026.mp4"), title_of(".wav"), title_of("talk")
    ('Board meeting.2026', '.wav', 'talk')
    """
    shown = shown_name(name)
    stem, dot, suffix = shown.rpartition(".")
    return stem if stem.strip() and dot and 0 < len(suffix) <= 5 else shown
