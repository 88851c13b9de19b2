"""An Excel workbook: the transcript, the people, and the numbers, a sheet each.

Times are real durations (fractions of a day shown as h:mm:ss), so that sheets can add them up.
Source: ECMA-376, Office Open XML, written by XlsxWriter.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from meetcore.records import Transcript
from meetcore.text.dates import date_text
from meetcore.transcript.formats.export import Export
from meetcore.transcript.formats.paragraphs import paragraphs_of
from meetcore.transcript.formats.xml_text import xml_line
from meetcore.transcript.statistics import Statistics, statistics

LONGEST_CELL = 32_767
"""Characters. Source: "Excel specifications and limits" (support.microsoft.com)."""
LONGEST_TITLE = 255
"""Characters that a document's properties take."""
SECONDS_PER_DAY = 86_400
CLOCK, WHOLE, SHARE = "[h]:mm:ss", "0", "0.0%"

Cell = str | float


@dataclass(frozen=True, slots=True)
class Column:
    """A column's title, its width in characters, and how its numbers are shown."""

    title: str
    width: int
    number_format: str = WHOLE


TRANSCRIPT = (
    Column("Start", 10, CLOCK),
    Column("End", 10, CLOCK),
    Column("Speaker", 22),
    Column("Text", 100),
)
PEOPLE = (
    Column("Speaker", 22),
    Column("Talk time", 11, CLOCK),
    Column("Share", 9, SHARE),
    Column("Turns", 8),
    Column("Words", 8),
    Column("Words per minute", 17),
    Column("Longest monologue", 19, CLOCK),
    Column("Interruptions", 13),
    Column("Silence", 11, CLOCK),
)


def dumps(export: Export) -> bytes:
    """The workbook of a transcript; every text is a text cell, so nothing runs as a formula.

    Examples
    --------
    >>> dumps(Export(Transcript(), "Monday"))[:2]
    b'PK'
    """
    import xlsxwriter  # type: ignore[import-untyped]

    transcript = export.transcript
    heading = xml_line(export.title) or "Transcript"
    found = statistics(transcript.segments, export.turns, export.length)
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True, "nan_inf_to_errors": True}) as workbook:
        workbook.set_properties({"title": heading[:LONGEST_TITLE], "author": "Meetcore"})
        _add_sheet(workbook, "Transcript", TRANSCRIPT, _transcript_rows(transcript))
        _add_sheet(workbook, "People", PEOPLE, _people_rows(transcript, found))
        _add_numbers(workbook, export, heading, found)
    return stream.getvalue()


def _transcript_rows(transcript: Transcript) -> Iterator[tuple[Cell, ...]]:
    for p in paragraphs_of(transcript):
        yield max(p.start, 0.0), max(p.end, 0.0), "" if p.label is None else p.name, p.text


def _people_rows(transcript: Transcript, found: Statistics) -> Iterator[tuple[Cell, ...]]:
    for person in found.people:
        yield (
            transcript.name_of(person.speaker),
            person.talk_time,
            person.share,
            person.turns,
            person.words,
            person.words_per_minute,
            person.longest_monologue,
            person.interruptions,
            person.silence,
        )


def _add_numbers(workbook: Any, export: Export, heading: str, found: Statistics) -> None:
    """Add the sheet of single figures, each with its own number format."""
    sheet = _new_sheet(workbook, "Numbers", (Column("What", 22), Column("Value", 40)))
    transcript = export.transcript
    corrected = sum(segment.machine is not None for segment in transcript.segments)
    rows: tuple[tuple[str, Cell, str], ...] = (
        ("Title", heading, WHOLE),
        ("Duration", export.length, CLOCK),
        ("Silence", found.silence, CLOCK),
        ("People", len(found.people), WHOLE),
        ("Segments", len(transcript.segments), WHOLE),
        ("Words", len(transcript.words), WHOLE),
        ("Corrected segments", corrected, WHOLE),
        ("Date", date_text(export.date) if export.date else "", WHOLE),
        ("Language", ", ".join(export.languages), WHOLE),
        ("Recognizer", export.recognizer, WHOLE),
    )
    known = [row for row in rows if row[1] != ""]
    for row, (label, value, number_format) in enumerate(known, start=1):
        _write(sheet, row, 0, label, None)
        form = workbook.add_format({"num_format": number_format, "align": "left"})
        _write(sheet, row, 1, _shown(value, number_format), form)


def _add_sheet(
    workbook: Any, name: str, columns: Sequence[Column], rows: Iterable[tuple[Cell, ...]]
) -> None:
    """Add a table: a frozen header, one row per tuple."""
    sheet = _new_sheet(workbook, name, columns)
    top = {"valign": "top", "text_wrap": True}
    forms = [workbook.add_format({**top, "num_format": c.number_format}) for c in columns]
    for row, cells in enumerate(rows, start=1):
        for place, (column, cell) in enumerate(zip(columns, cells, strict=True)):
            _write(sheet, row, place, _shown(cell, column.number_format), forms[place])


def _new_sheet(workbook: Any, name: str, columns: Sequence[Column]) -> Any:
    sheet = workbook.add_worksheet(name)
    bold = workbook.add_format({"bold": True})
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width)
        sheet.write_string(0, place, column.title, bold)
    sheet.freeze_panes(1, 0)
    return sheet


def _shown(cell: Cell, number_format: str) -> Cell:
    """A time in seconds as the fraction of a day that its format shows; others as they are."""
    if isinstance(cell, str) or number_format != CLOCK:
        return cell
    return cell / SECONDS_PER_DAY


def _write(sheet: Any, row: int, column: int, cell: Cell, form: Any) -> None:
    # Never `write`: it makes formulas and links of texts that look like one.
    if isinstance(cell, str):
        sheet.write_string(row, column, xml_line(cell)[:LONGEST_CELL], form)
    else:
        sheet.write_number(row, column, cell, form)
