"""SubRip subtitles. Source: https://en.wikipedia.org/wiki/SubRip#Format."""

from __future__ import annotations

import re

from meetcore.errors import FormatError
from meetcore.records import Transcript
from meetcore.transcript.cues import Cue, cues_of, timestamp

TIMES = re.compile(
    r"(\d+):([0-5]\d):([0-5]\d)[,.](\d{3})\s*-->\s*(\d+):([0-5]\d):([0-5]\d)[,.](\d{3})"
)

LOOK_ALIKES = str.maketrans("<>{}", "‹›()")
"""`<b>` and `{\\an8}` are markup to most players, though the format has none."""


def dumps(transcript: Transcript, title: str = "") -> str:
    """The transcript as numbered cues; the title is left out, as SubRip has no field for it.

    Examples
    --------
    >>> from meetcore.records import Segment, Word
    >>> print(dumps(Transcript((Segment(0.5, 1.0, "S1", (Word(" Hello?", 0.5, 1.0),)),))), end="")
    1
    00:00:00,500 --> 00:00:01,500
    Speaker 1: Hello?
    """
    blocks = []
    for number, cue in enumerate(cues_of(transcript, names_in_lines=True), start=1):
        times = f"{timestamp(cue.start, ',')} --> {timestamp(cue.end, ',')}"
        lines = map(without_markup, cue.lines)
        blocks.append("\n".join((str(number), times, *lines)) + "\n")
    return "\n".join(blocks)


def without_markup(line: str) -> str:
    """A line in which players find no tag: SubRip has no way to escape one.

    >>> without_markup("<b>Ana</b> {\\\\an8}")
    '‹b›Ana‹/b› (\\\\an8)'
    """
    return line.translate(LOOK_ALIKES)


def loads(text: str) -> tuple[Cue, ...]:
    """The cues of a SubRip file.

    Raises
    ------
    FormatError
        A block has no line of times; the message names the block.
    """
    blocks = [block for block in re.split(r"\n[ \t]*\n", _plain(text)) if block.strip()]
    return tuple(_cue(block, number) for number, block in enumerate(blocks, start=1))


def _plain(text: str) -> str:
    """Text without a byte order mark, with \\n as the only line end."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _cue(block: str, number: int) -> Cue:
    lines = block.strip("\n").split("\n")
    if lines[0].strip().isdigit():
        lines = lines[1:]
    times = TIMES.match(lines[0].strip()) if lines else None
    if times is None:
        raise FormatError(
            f"Block {number} of the SRT file has no line like"
            ' "00:00:01,000 --> 00:00:02,000". Correct it and read the file again.'
        )
    parts = [int(part) for part in times.groups()]
    start, end = (
        hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
        for hours, minutes, seconds, milliseconds in (parts[:4], parts[4:])
    )
    return Cue(start, end, tuple(lines[1:]))
