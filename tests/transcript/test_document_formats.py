"""Text, Markdown, CSV and Word: other programs read back the words that were written."""

import csv as standard_csv
import io
import re
import zipfile
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import docx as python_docx
import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from meetcore.api.speakers_json import colour_of
from meetcore.records import Segment, Speaker, Transcript, Word
from meetcore.text.lines import one_line
from meetcore.transcript.formats import csv, docx, markdown, txt
from meetcore.transcript.formats.paragraphs import clock, paragraphs_of
from meetcore.transcript.formats.registry import Export, get_format
from tests.transcript.random_transcripts import TWO_VOICES, sentence, texts, transcripts

BREAK = "\n"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
STYLE = Path(__file__).parents[2] / "pages" / "shared" / "base.css"


def test_text_shows_title_names_and_times() -> None:
    assert txt.dumps(TWO_VOICES, "Monday\nmeeting") == (
        "Monday meeting\n\n[00:00:08] Diane: Oh, hello. I didn't know you were there.\n\n"
        "[00:00:12] Speaker 2: Me?\n"
    )


def rendered(text: str) -> list[tuple[str, str]]:
    """Blocks of a Markdown text as a reader sees them: the kind, and the plain words."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens = parser.parse(text)
    shown = []
    for opening, inline in pairwise(tokens):
        if inline.type == "inline":
            kinds = {child.type for child in inline.children or []}
            assert kinds <= {"text", "text_special", "strong_open", "strong_close"}, kinds
            shown.append((opening.type, "".join(c.content for c in inline.children or [])))
    assert len(tokens) == 3 * len(shown), [token.type for token in tokens]
    return shown


@given(transcripts, texts)
def test_markdown_shows_what_was_said(transcript: Transcript, title: str) -> None:
    heading = [("heading_open", one_line(title))] if one_line(title) else []
    assert rendered(markdown.dumps(transcript, title)) == heading + [
        ("paragraph_open", f"{p.name} ({clock(p.start)}): {p.text}")
        for p in paragraphs_of(transcript)
    ]


def test_markdown_makes_names_bold() -> None:
    named = Transcript(TWO_VOICES.segments, (Speaker("S1", '"*D_1*"'), Speaker("S2", "(x)")))
    page = MarkdownIt("commonmark").render(markdown.dumps(named, "# Plan [1] #"))
    assert "<h1># Plan [1] #</h1>" in page
    assert "<strong>&quot;*D_1*&quot;</strong> (00:00:08): Oh" in page
    assert "<strong>(x)</strong> (00:00:12): Me?" in page


@given(transcripts, texts)
def test_csv_reads_back(transcript: Transcript, title: str) -> None:
    written = get_format("csv").write(Export(transcript, title)).decode("utf-8-sig")
    header, *rows = standard_csv.reader(io.StringIO(written, newline=""), strict=True)
    assert tuple(header) == csv.COLUMNS
    said = list(paragraphs_of(transcript))
    apart = csv.INNER_FORMULA.sub
    assert [unguarded(row[3]) for row in rows] == [apart(" ", p.text) for p in said]
    names = [apart(" ", p.name) if p.label else "" for p in said]
    assert [unguarded(row[2]) for row in rows] == names
    assert [float(row[0]) for row in rows] == pytest.approx([p.start for p in said], abs=0.00051)
    assert [float(row[1]) for row in rows] == pytest.approx([p.end for p in said], abs=0.00051)
    assert not any(cell.startswith(csv.FORMULA_STARTS) for row in rows for cell in row)
    assert written.count("\r\n") == len(rows) + 1 == written.count("\n") == written.count("\r")


def unguarded(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(csv.FORMULA_STARTS) else cell


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@sum", "＝1", "\t=1"])
def test_a_spreadsheet_runs_no_name(name: str) -> None:
    rows = csv.dumps(Transcript(TWO_VOICES.segments, (Speaker("S1", name),)))
    assert f'"\'{name.strip()}",' in rows


@pytest.mark.parametrize("mark", [";", "\t", "|"])
@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@sum", "＝1"])
def test_no_formula_begins_after_another_separator(mark: str, formula: str) -> None:
    words = (Word(f" hi{mark}{formula}{mark}", 0.0, 1.0),)
    written = csv.dumps(Transcript((Segment(0.0, 1.0, "S1", words),)))
    cells = written.replace("\r\n", mark).split(mark)
    assert not [cell for cell in cells if cell.startswith(csv.FORMULA_STARTS)]


def test_csv_begins_with_the_mark_of_utf_8_for_excel() -> None:
    assert get_format("csv").write(Export(TWO_VOICES)).startswith(b'\xef\xbb\xbf"start","end",')


def opened(written: bytes) -> list[str]:
    """The paragraphs of a document, as python-docx reads them."""
    return [block.text for block in python_docx.Document(io.BytesIO(written)).paragraphs]


@settings(deadline=None, max_examples=40)
@given(transcripts, texts)
def test_word_documents_open_again(transcript: Transcript, title: str) -> None:
    heading, _facts, *blocks = opened(docx.dumps(transcript, title))
    assert heading == (in_xml(title) or "Transcript")
    assert blocks == [
        f"{in_xml(p.name)}  {clock(p.start)}{BREAK}{in_xml(p.text)}"
        for p in paragraphs_of(transcript)
    ]


def in_xml(text: str) -> str:
    return one_line(re.sub("[\ufffe\uffff]|[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text))


def test_a_document_shows_title_facts_names_in_colour_and_quiet_times() -> None:
    written = docx.dumps(TWO_VOICES, "Monday", "0:30 · Diane", NOON)
    document = python_docx.Document(io.BytesIO(written))
    title, facts, first, second = document.paragraphs
    assert (title.text, title.style.name) == ("Monday", "Title")
    assert facts.text == "0:30 · Diane"
    name, time, _, said = first.runs
    assert (name.text, name.bold, name.font.cs_bold) == ("Diane", True, True)
    assert str(name.font.color.rgb) == docx.COLOURS[0].upper()
    assert str(second.runs[0].font.color.rgb) == docx.COLOURS[1].upper()
    assert time.text.strip() == "00:00:08" and time.font.size.pt < 11 and not time.bold
    assert said.text == "Oh, hello. I didn't know you were there." and said.bold is None
    properties = document.core_properties
    assert (properties.title, properties.author) == ("Monday", "Meetcore")
    assert properties.created == NOON


def test_a_document_without_a_date_has_none() -> None:
    document = python_docx.Document(io.BytesIO(docx.dumps(TWO_VOICES)))
    assert document.core_properties.created is None


def test_a_document_has_the_colours_of_the_pages() -> None:
    style = STYLE.read_text(encoding="utf-8")
    shown = re.findall(r"--speaker-\d: light-dark\(#(\w{6})", style)
    assert tuple(shown) == docx.COLOURS
    eleventh = Transcript((sentence("Me?", 0, "S11"),))
    document = python_docx.Document(io.BytesIO(docx.dumps(eleventh)))
    colour = str(document.paragraphs[2].runs[0].font.color.rgb)
    assert colour == shown[colour_of("S11")].upper()


@pytest.mark.parametrize(
    ("text", "right_to_left"),
    [("שלום, מה נשמע?", True), ("مرحبا بالجميع", True), ("नमस्ते", False), ("123", False)],
)
def test_a_document_of_any_script(text: str, right_to_left: bool) -> None:
    said = Transcript((sentence(text, 0, "S1"),), (Speaker("S1", text),))
    written = docx.dumps(said, text)
    assert opened(written)[0] == text
    body = zipfile.ZipFile(io.BytesIO(written)).read("word/document.xml").decode()
    assert ("<w:bidi/>" in body) is right_to_left
    assert ("<w:rtl/>" in body) is right_to_left


def test_a_nameless_silence_is_a_document_too() -> None:
    silent = Transcript((Segment(0, 1, None, (Word(" \x07", 0, 1),)),))
    assert opened(docx.dumps(silent)) == ["Transcript", "Nothing was said."]


def test_a_very_long_title_fits_a_document() -> None:
    assert opened(docx.dumps(TWO_VOICES, "long " * 400))[0] == ("long " * 400).strip()
