"""STM, NIST's format of reference transcripts.

Source: https://github.com/usnistgov/SCTK/blob/master/doc/infmts.htm (STM).
"""

from __future__ import annotations

from meetcore.errors import FormatError
from meetcore.records import Transcript
from meetcore.text.lines import one_line
from meetcore.transcript.formats.scoring_fields import (
    UNKNOWN_SPEAKER,
    field,
    seconds,
    segment_from_text,
)


def dumps(transcript: Transcript, title: str = "") -> str:
    """The transcript as STM: per segment a line of recording, channel, label, start, end, text.

    Examples
    --------
    >>> from meetcore.records import Segment, Word
    >>> dumps(Transcript((Segment(0.5, 1.0, "S1", (Word(" Hello?", 0.5, 1.0),)),)))
    'meeting 1 S1 0.500 1.000 Hello?\\n'
    """
    recording = field(title, "meeting")
    lines = []
    for segment in transcript.segments:
        text = one_line(segment.text)
        if text:
            speaker = field(segment.speaker or "", UNKNOWN_SPEAKER)
            times = f"{segment.start:.3f} {segment.end:.3f}"
            lines.append(f"{recording} 1 {speaker} {times} {text}\n")
    return "".join(lines)


def loads(text: str) -> Transcript:
    """The segments of an STM file; word times are spread evenly over each segment.

    Raises
    ------
    FormatError
        A line lacks a field or a time is not a number; the message names the line.
    """
    segments = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.startswith(";;"):
            continue
        fields = line.split(maxsplit=5)
        if len(fields) < 5:
            raise FormatError(f"Line {number}: an STM line has at least five fields.")
        start, end = seconds(fields[3], number), seconds(fields[4], number)
        words = fields[5] if len(fields) > 5 else ""
        if words.startswith("<") and ">" in words:
            words = words.split(">", 1)[1]  # the optional <label> field of categories
        segments.append(segment_from_text(start, end, fields[2], words))
    return Transcript(tuple(segments))
