"""What the space-separated scoring formats share: names without spaces, times, even word times."""

from __future__ import annotations

from meetcore.errors import FormatError
from meetcore.records import Segment, Word
from meetcore.text.lines import one_line

UNKNOWN_SPEAKER = "unknown"
"""Stands for a speaker of None where a format demands a name."""


NO_VALUE = frozenset({"na", "nan", "null", "none", "n/a", "#n/a", "#na", "<na>"})
"""What pandas, which pyannote reads RTTM with, takes for a value that is missing."""


def field(text: str, default: str) -> str:
    """Text as one field: spaces become underscores, nothing becomes `default`.

    Neither a quotation mark (readers by pandas wait for its partner) nor a semicolon that would
    begin a comment is left.

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
        It is no finite number; the message names the line.
    """
    try:
        value = float(text)
        if abs(value) == float("inf") or value != value:
            raise ValueError("not finite")
    except ValueError as error:
        raise FormatError(f"Line {line_number}: {text!r} is not a time in seconds.") from error
    return value


def segment_from_text(start: float, end: float, speaker: str, text: str) -> Segment:
    """A segment whose word times are spread evenly by length, since the format has none.

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
