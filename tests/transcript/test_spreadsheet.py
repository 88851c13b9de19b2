"""The workbook is read back by another library: typed cells, real times, no formula."""

from __future__ import annotations

import io

import openpyxl
import pytest
from hypothesis import given, settings
from openpyxl.workbook import Workbook

from meetcore.records import Segment, Speaker, Transcript, Turn, Word
from meetcore.transcript.formats.registry import Export, get_format
from tests.transcript.random_transcripts import TWO_VOICES, texts, transcripts, turns


def read(export: Export) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(get_format("xlsx").write(export)))


def rows(book: Workbook, sheet: str) -> list[tuple[object, ...]]:
    return list(book[sheet].iter_rows(values_only=True))


def test_the_sheets_are_transcript_people_and_numbers() -> None:
    book = read(Export(TWO_VOICES, "Monday", duration=3723.0))
    assert book.sheetnames == ["Transcript", "People", "Numbers"]
    assert all(book[name].freeze_panes == "A2" for name in book.sheetnames)
    assert book["Transcript"].column_dimensions["D"].width > 50
    numbers = dict(rows(book, "Numbers"))
    assert numbers["Title"] == "Monday" and numbers["People"] == 2 and numbers["Words"] == 9
    assert book["Numbers"]["B3"].number_format == "[h]:mm:ss"
    assert numbers["Duration"].total_seconds() == 3723


def test_times_are_durations_and_names_are_those_given() -> None:
    book = read(Export(TWO_VOICES, turns=(Turn(8.0, 12.0, "S1"), Turn(11.0, 14.0, "S2"))))
    header, first, second = rows(book, "Transcript")
    assert header == ("Start", "End", "Speaker", "Text")
    assert first[0].total_seconds() == pytest.approx(8.4, abs=1e-3)
    assert first[2:] == ("Diane", "Oh, hello. I didn't know you were there.")
    assert second[2:] == ("Speaker 2", "Me?")
    people = rows(book, "People")
    assert [row[0] for row in people[1:]] == ["Diane", "Speaker 2"]
    assert people[1][1].total_seconds() == 4 and people[1][2] == pytest.approx(4 / 7)
    assert people[2][7] == 1


@pytest.mark.parametrize("text", ["=1+1", "+1", "@x", "http://a.example", "{=1}", "0123"])
def test_what_looks_like_a_formula_a_link_or_a_number_is_text(text: str) -> None:
    transcript = Transcript((Segment(0.0, 1.0, "S1", (Word(text, 0.0, 1.0),)),))
    named = Transcript(transcript.segments, (Speaker("S1", text),))
    book = read(Export(named, text))
    for cell in (book["Transcript"]["C2"], book["Transcript"]["D2"], book["People"]["A2"]):
        assert cell.data_type == "s" and cell.value == text and cell.hyperlink is None


def test_a_cell_takes_no_more_than_excel_allows() -> None:
    words = tuple(Word(" long", 0.0, 1.0) for _ in range(10_000))
    book = read(Export(Transcript((Segment(0.0, 1.0, None, words),))))
    assert len(book["Transcript"]["D2"].value) == 32_767


@settings(deadline=None, max_examples=30)
@given(transcripts, texts, turns)
def test_any_transcript_is_read_back(transcript: Transcript, title: str, heard: list[Turn]) -> None:
    read(Export(transcript, title, tuple(heard)))
