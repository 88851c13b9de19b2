"""WebVTT subtitles with voice spans, and language spans where there are several. Source: https://www.w3.org/TR/webvtt1/."""

from __future__ import annotations

import html

from meetcore.records import Transcript
from meetcore.text.lines import one_line
from meetcore.transcript.cues import cues_of, timestamp


def dumps(transcript: Transcript, title: str = "", facts: str = "") -> str:
    """The transcript as WebVTT cues, with the title in the header and the facts in a comment.

    Examples
    --------
    >>> from meetcore.records import Segment, Word
    >>> print(dumps(Transcript((Segment(0.5, 1.0, "S1", (Word(" A & B", 0.5, 1.0),)),))), end="")
    WEBVTT
    <BLANKLINE>
    00:00:00.500 --> 00:00:01.200
    <v Speaker 1>A &amp; B</v>
    """
    blocks = [f"WEBVTT {one_line(title)}".rstrip() + "\n"]
    blocks += [f"NOTE {one_line(facts)}\n"] if one_line(facts) else []
    for cue in cues_of(transcript):
        times = f"{timestamp(cue.start, '.')} --> {timestamp(cue.end, '.')}"
        text = _escaped("\n".join(cue.lines))
        if cue.language:
            text = f"<lang {_escaped(cue.language)}>{text}</lang>"
        spoken = f"<v {_escaped(cue.voice)}>{text}</v>" if cue.voice else text
        blocks.append(f"{times}\n{spoken}\n")
    return "\n".join(blocks)


def _escaped(text: str) -> str:
    """Text escaped for a cue or for the annotation of a voice span."""
    return html.escape(text, quote=False)
