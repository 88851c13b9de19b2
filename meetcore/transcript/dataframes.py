"""A transcript as pandas data frames; times are seconds on the meeting's clock.

Every frame has the same columns and dtypes whatever the transcript holds, also when it is empty.
An unknown speaker is `<NA>` in `speaker` and "Unknown speaker" in `name`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from meetcore.records import Transcript, Turn

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["segments", "words", "turns"]

SEGMENT_COLUMNS: Mapping[str, str] = {
    "start": "float64",
    "end": "float64",
    "speaker": "string",
    "name": "string",
    "text": "string",
    "n_words": "int64",
    "corrected": "bool",
}
"""One row per segment; `corrected` where a person changed the words."""
WORD_COLUMNS: Mapping[str, str] = {
    "segment": "int64",
    "start": "float64",
    "end": "float64",
    "speaker": "string",
    "name": "string",
    "text": "string",
    "probability": "float64",
}
"""One row per word, without the space before it; `segment` is the segment's position from 0."""
TURN_COLUMNS: Mapping[str, str] = {
    "start": "float64",
    "end": "float64",
    "speaker": "string",
    "name": "string",
}
"""One row per turn of the diarizer; turns may overlap."""


def segments_frame(transcript: Transcript) -> pd.DataFrame:
    """A row per segment; see SEGMENT_COLUMNS."""
    return _frame(
        SEGMENT_COLUMNS,
        (
            (
                segment.start,
                segment.end,
                segment.speaker,
                transcript.name_of(segment.speaker),
                segment.text,
                len(segment.words),
                segment.machine is not None,
            )
            for segment in transcript.segments
        ),
    )


def words_frame(transcript: Transcript) -> pd.DataFrame:
    """A row per word; see WORD_COLUMNS."""
    return _frame(
        WORD_COLUMNS,
        (
            (
                position,
                word.start,
                word.end,
                segment.speaker,
                transcript.name_of(segment.speaker),
                word.text.strip(),
                word.probability,
            )
            for position, segment in enumerate(transcript.segments)
            for word in segment.words
        ),
    )


def turns_frame(turns: Iterable[Turn], transcript: Transcript) -> pd.DataFrame:
    """A row per turn, with the names that the transcript has; see TURN_COLUMNS."""
    return _frame(
        TURN_COLUMNS,
        ((turn.start, turn.end, turn.speaker, transcript.name_of(turn.speaker)) for turn in turns),
    )


def _frame(columns: Mapping[str, str], rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(columns)).astype(dict(columns))
