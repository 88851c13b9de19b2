"""Fields of the space-separated scoring formats (RTTM, STM, SegLST): names, times, word times."""

from __future__ import annotations

from meetcore.errors import FormatError
from meetcore.records import Segment, Word
from meetcore.text.lines import one_line

UNKNOWN_SPEAKER = "unknown"
"""Name of the unknown speaker (None) where a format requires one."""
NO_VALUE = frozenset({"na", "nan", "null", "none", "n/a", "#n/a", "#na", "<na>"})
"""Texts that pandas (pyannote's reader of RTTM) parses as a missing value."""


def field(text: str, default: str) -> str:
    """Text as one field: spaces become underscores, an empty text becomes `default`.

    Quotation marks, which pandas would pair, and leading semicolons, which begin a comment, are
    replaced or removed.

    >>> field("Monday stand-up", "meeting"), field(" ", "meeting"), field(';; "a" b', "meeting")
    ('Monday_stand-up', 'meeting', "'a'_b")
    """
    words = one_line(text).replace('"', "'").lstrip("; ").split()
    name = "_".join(words) or default
    return f"_{name}" if name.lower().strip("-") in NO_VALUE else name


def seconds(text: str, line_number: int) -> float:
    """A time read from a line.

    Raises
    ------
    FormatError
        It is not a finite number; the message names the line.
    """
    try:
        value = float(text)
        if abs(value) == float("inf") or value != value:
            raise ValueError("not finite")
    except ValueError as error:
        raise FormatError(f"Line {line_number}: {text!r} is not a time in seconds.") from error
    return value


def segment_from_text(start: float, end: float, speaker: str, text: str) -> Segment:
    """A segment of a format without word times: they are spread evenly by the words' lengths.

    >>> [(w.text, w.start) for w in segment_from_text(0, 4, "S1", "ab cd").words]
    [(' ab', 0.0), (' cd', 2.0)]
    """
    parts = text.split()
    total = sum(len(part) for part in parts)
    words, before = [], 0
    for part in parts:
        low, high = (start + (end - start) * n / total for n in (before, before + len(part)))
        words.append(Word(f" {part}", low, high))
        before += len(part)
    return Segment(start, end, None if speaker == UNKNOWN_SPEAKER else speaker, tuple(words))
