"""A Word document (Office Open XML), written by python-docx."""

from __future__ import annotations

import io
import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from meetcore.records import Transcript
from meetcore.transcript.formats.paragraphs import Paragraph, clock, paragraphs_of
from meetcore.transcript.formats.xml_text import xml_line

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph as Block

COLOURS = (
    "1d5fd1", "b5480b", "1a7a3a", "8030c9", "b4226b",
    "0b7285", "876300", "b42323", "4d5b74", "4f7412",
)  # fmt: skip
"""Colours of speakers, as on the pages; each has a contrast over 4.5 on white."""
QUIET = "6b6862"
LONGEST_TITLE = 255
"""Characters that a document's properties may hold."""


def dumps(
    transcript: Transcript, title: str = "", facts: str = "", date: datetime | None = None
) -> bytes:
    """The transcript as a document: title, line of facts, then a paragraph per segment.

    Examples
    --------
    >>> dumps(Transcript(), "Monday")[:2]
    b'PK'
    """
    import docx

    document = docx.Document()
    paragraphs = list(paragraphs_of(transcript))
    heading = xml_line(title) or "Transcript"
    _set_properties(document, heading, date)
    _direct(document.add_heading(heading, level=0), heading)
    _write(document.add_paragraph(), _facts(facts, paragraphs), colour=QUIET)
    for paragraph in paragraphs:
        _add(document, paragraph)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _facts(facts: str, paragraphs: list[Paragraph]) -> str:
    nothing = "" if paragraphs else "Nothing was said."
    return " · ".join(filter(None, (xml_line(facts), nothing)))


def _add(document: Document, paragraph: Paragraph) -> None:
    block, text = document.add_paragraph(), xml_line(paragraph.text)
    number = "".join(filter(str.isdecimal, paragraph.label or "")) or "1"
    colour = QUIET if paragraph.label is None else COLOURS[(int(number) - 1) % len(COLOURS)]
    _write(block, xml_line(paragraph.name), colour=colour, bold=True)
    _write(block, f"  {clock(paragraph.start)}", colour=QUIET, small=True)
    block.add_run().add_break()
    for place, (language, words) in enumerate(paragraph.parts):
        if language:
            _write(block, f"{' ' * bool(place)}[{language}] ", colour=QUIET, small=True)
        _write(block, xml_line(words))
    _direct(block, text)


def _write(
    block: Block, text: str, colour: str = "", bold: bool = False, small: bool = False
) -> None:
    from docx.shared import Pt, RGBColor

    font = block.add_run(text).font
    if colour:
        font.color.rgb = RGBColor.from_string(colour.upper())
    if bold:
        # Word uses the second for Arabic, Hebrew, Thai and Devanagari.
        font.bold = font.cs_bold = True
    if small:
        font.size = Pt(9)
    if _is_right_to_left(text):
        font.rtl = True


def _direct(block: Block, text: str) -> None:
    """Set the paragraph's direction for Arabic or Hebrew text."""
    from docx.oxml import OxmlElement

    if _is_right_to_left(text):
        properties = block._p.get_or_add_pPr()
        properties.insert_element_before(OxmlElement("w:bidi"), *AFTER_BIDI)


AFTER_BIDI = (
    "w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind", "w:contextualSpacing",
    "w:mirrorIndents", "w:suppressOverlap", "w:jc", "w:textDirection", "w:textAlignment",
    "w:textboxTightWrap", "w:outlineLvl", "w:divId", "w:cnfStyle", "w:rPr", "w:sectPr",
    "w:pPrChange",
)  # fmt: skip
"""Elements that the schema puts after w:bidi (ECMA-376, part 1, 17.3.1.26, CT_PPr)."""


def _is_right_to_left(text: str) -> bool:
    """Whether the first character with a strong direction is right-to-left.

    >>> _is_right_to_left("1. שלום"), _is_right_to_left("Hello שלום")
    (True, False)
    """
    directions = map(unicodedata.bidirectional, text)
    return next((d for d in directions if d in {"L", "R", "AL"}), "L") != "L"


def _set_properties(document: Document, title: str, date: datetime | None) -> None:
    """Replace the properties of python-docx's template; it was created when the meeting began."""
    properties = document.core_properties
    properties.title = title[:LONGEST_TITLE]
    properties.author = properties.last_modified_by = "Meetcore"
    properties.comments = ""
    for element in list(properties._element):
        if element.tag.endswith(("}created", "}modified")):
            properties._element.remove(element)
    if date is not None:
        properties.created = date.astimezone(UTC).replace(tzinfo=None)
