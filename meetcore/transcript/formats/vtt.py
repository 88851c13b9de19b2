"""WebVTT subtitles with voice spans. Source: https://www.w3.org/TR/webvtt1/."""

from __future__ import annotations

import html

from meetcore.records import Transcript
from meetcore.transcript.cues import cues_of, one_line, timestamp


def dumps(transcript: Transcript, title: str = "") -> str:
    """The transcript as cues under a header that holds the title.

    Examples
    --------
    >>> from meetcore.records import Segment, Word
    >>> print(dumps(Transcript((Segment(0.5, 1.0, "S1", (Word(" A & B", 0.5, 1.0),)),))), end="")
    WEBVTT
    <BLANKLINE>
    00:00:00.500 --> 00:00:01.000
    Speaker 1: A &amp; B
    """
    blocks = [f"WEBVTT {one_line(title)}".rstrip() + "\n"]
    for cue in cues_of(transcript):
        times = f"{timestamp(cue.start, '.')} --> {timestamp(cue.end, '.')}"
        lines = (html.escape(line, quote=False) for line in cue.lines)
        blocks.append("\n".join((times, *lines)) + "\n")
    return "\n".join(blocks)
