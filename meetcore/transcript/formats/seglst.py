"""SegLST, the JSON list of segments that CHiME and meeteval read.

Source: https://www.chimechallenge.org/challenges/chime7/task1/submission.
"""

from __future__ import annotations

import json

from meetcore.errors import FormatError
from meetcore.records import Transcript
from meetcore.text.lines import one_line
from meetcore.transcript.formats.scoring_fields import UNKNOWN_SPEAKER, field, segment_from_text


def dumps(transcript: Transcript, title: str = "") -> str:
    """The transcript as SegLST: one object per segment, times in seconds, labels as speakers.

    A segment whose language was detected has it, that of its first word, as `language` too.

    Examples
    --------
    >>> from meetcore.records import Segment, Word
    >>> text = dumps(Transcript((Segment(0.5, 1.0, "S1", (Word(" Hello?", 0.5, 1.0),)),)))
    >>> json.loads(text)[0]["words"]
    'Hello?'
    """
    items = [
        {
            "session_id": field(title, "meeting"),
            "speaker": segment.speaker or UNKNOWN_SPEAKER,
            "start_time": segment.start,
            "end_time": segment.end,
            "words": one_line(segment.text),
        }
        | ({"language": segment.languages[0]} if segment.languages else {})
        for segment in transcript.segments
    ]
    return json.dumps(items, ensure_ascii=False, indent=1) + "\n"


def loads(text: str) -> Transcript:
    """The segments of a SegLST file; word times are spread evenly over each segment.

    Raises
    ------
    FormatError
        The text is not a JSON list of objects with these fields.
    """
    try:
        return Transcript(
            tuple(
                segment_from_text(
                    float(item["start_time"]),
                    float(item["end_time"]),
                    str(item["speaker"]),
                    str(item["words"]),
                )
                for item in json.loads(text)
            )
        )
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError(f"This is no SegLST file: {error!r}.") from error
