"""RTTM: turns of speakers, without words.

Source: https://github.com/nryant/dscore#rttm (NIST Rich Transcription 2009 evaluation plan).
"""

from __future__ import annotations

from collections.abc import Iterable

from meetcore.errors import FormatError
from meetcore.records import Transcript, Turn
from meetcore.transcript.formats.scoring_fields import field, seconds
from meetcore.transcript.reattribution import turns_of_segments


def dumps(transcript: Transcript, title: str = "", turns: Iterable[Turn] = ()) -> str:
    """The turns, which may overlap; without any, the segments of known speakers.

    Examples
    --------
    >>> from meetcore.records import Segment
    >>> dumps(Transcript((Segment(0.5, 2.0, "S1", ()),)))
    'SPEAKER meeting 1 0.500 1.500 <NA> <NA> S1 <NA> <NA>\\n'
    """
    return dumps_turns(tuple(turns) or turns_of_segments(transcript.segments), title)


def dumps_turns(turns: Iterable[Turn], title: str = "") -> str:
    """One SPEAKER line per turn; turns shorter than a millisecond, the precision, are left out."""
    recording = field(title, "meeting")
    return "".join(
        f"SPEAKER {recording} 1 {turn.start:.3f} {turn.end - turn.start:.3f}"
        f" <NA> <NA> {field(turn.speaker, 'unknown')} <NA> <NA>\n"
        for turn in turns
        if turn.end - turn.start >= 0.001
    )


def loads(text: str) -> tuple[Turn, ...]:
    """The turns of an RTTM file; lines of other types than SPEAKER are skipped.

    Raises
    ------
    FormatError
        A SPEAKER line lacks a field or a time is not a number; the message names the line.
    """
    turns = []
    for number, line in enumerate(text.split("\n"), start=1):
        fields = line.split()
        if not fields or fields[0] != "SPEAKER":
            continue
        if len(fields) < 8:
            raise FormatError(f"Line {number}: an RTTM line has at least eight fields.")
        start = seconds(fields[3], number)
        turns.append(Turn(start, start + seconds(fields[4], number), fields[7]))
    if not turns and text.strip():
        raise FormatError("No line begins with SPEAKER: this is no RTTM file.")
    return tuple(turns)
