"""Plain text to read: one paragraph a segment, with time and speaker. It can't be read back."""

from __future__ import annotations

from meetcore.records import Transcript
from meetcore.transcript.cues import one_line


def dumps(transcript: Transcript, title: str = "") -> str:
    """The transcript as paragraphs.

    Examples
    --------
    >>> from meetcore.records import Segment, Word
    >>> words = (Word(" Hello", 61.0, 61.4), Word(" there.", 61.4, 62.0))
    >>> print(dumps(Transcript((Segment(61.0, 62.0, "S1", words),)), title="Monday"), end="")
    Monday
    <BLANKLINE>
    [00:01:01] Speaker 1: Hello there.
    """
    paragraphs = [one_line(title)] if one_line(title) else []
    for segment in transcript.segments:
        text = one_line(segment.text)
        if text:
            name = one_line(transcript.name_of(segment.speaker))
            paragraphs.append(f"[{_clock(segment.start)}] {name}: {text}")
    return "".join(f"{paragraph}\n\n" for paragraph in paragraphs).removesuffix("\n")


def _clock(seconds: float) -> str:
    whole = max(int(seconds), 0)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
