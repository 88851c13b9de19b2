"""Frames have the same columns and dtypes whatever a transcript holds."""

from __future__ import annotations

import pandas as pd
import pytest

from meetcore.records import Segment, Transcript, Turn, Word
from meetcore.transcript import dataframes
from tests.transcript.random_transcripts import TWO_VOICES, sentence


def shape_of(frame: pd.DataFrame) -> dict[str, str]:
    return {name: str(dtype) for name, dtype in frame.dtypes.items()}


@pytest.mark.parametrize("transcript", [Transcript(), TWO_VOICES], ids=["empty", "two voices"])
def test_columns_and_dtypes_are_the_documented_ones(transcript: Transcript) -> None:
    turns = [Turn(s.start, s.end, "S1") for s in transcript.segments]
    assert shape_of(dataframes.segments_frame(transcript)) == dataframes.SEGMENT_COLUMNS
    assert shape_of(dataframes.words_frame(transcript)) == dataframes.WORD_COLUMNS
    assert shape_of(dataframes.turns_frame(turns, transcript)) == dataframes.TURN_COLUMNS


def test_an_unknown_speaker_is_missing_in_the_label_and_named_so() -> None:
    frame = dataframes.segments_frame(Transcript((sentence("Who? Me?", 0.0, None),)))
    assert frame.speaker.isna().all() and list(frame.name) == ["Unknown speaker"]
    assert shape_of(frame) == dataframes.SEGMENT_COLUMNS


def test_words_point_at_their_segment_and_carry_its_name() -> None:
    frame = dataframes.words_frame(TWO_VOICES)
    assert list(frame.text)[:2] == ["Oh,", "hello."] and list(frame.segment) == [0] * 8 + [1]
    assert list(frame.name.unique()) == ["Diane", "Speaker 2"]
    joined = frame.groupby("segment").text.agg(" ".join)
    assert list(joined) == [segment.text for segment in TWO_VOICES.segments]


def test_a_corrected_segment_says_so() -> None:
    words = (Word(" a", 0.0, 1.0),)
    frame = dataframes.segments_frame(Transcript((Segment(0.0, 1.0, "S1", words, words),)))
    assert list(frame.corrected) == [True]


def test_turns_may_overlap() -> None:
    frame = dataframes.turns_frame([Turn(0.0, 2.0, "S1"), Turn(1.0, 3.0, "S2")], TWO_VOICES)
    assert list(frame.name) == ["Diane", "Speaker 2"] and list(frame.start) == [0.0, 1.0]
