"""CSV for spreadsheets, one row per segment. Source: https://www.rfc-editor.org/rfc/rfc4180."""

from __future__ import annotations

import csv
import io
import re

from meetcore.records import Transcript
from meetcore.transcript.formats.paragraphs import paragraphs_of

COLUMNS = ("start", "end", "speaker", "text")
FORMULA_STARTS = tuple("=+-@\t\r＝＋－＠")
"""Spreadsheets run a cell with such a beginning as a formula; an apostrophe before it makes text.

Source: https://owasp.org/www-community/attacks/CSV_Injection.
"""

INNER_FORMULA = re.compile(r"(?<=[;\t|])(?=[=+\-@＝＋－＠])")
"""Where a spreadsheet that separates columns by another mark would find a formula: a space goes
there."""


def dumps(transcript: Transcript, title: str = "") -> str:
    """The transcript as CSV: start and end in seconds, name, text; the title is left out.

    The name of an unknown speaker is empty.

    Examples
    --------
    >>> from meetcore.records import Segment, Word
    >>> words = (Word(" =1+1,", 0.5, 0.8), Word(" see?", 0.8, 1.0))
    >>> print(dumps(Transcript((Segment(0.5, 1.0, "S1", words),))).replace("\\r", ""), end="")
    "start","end","speaker","text"
    "0.500","1.000","Speaker 1","'=1+1, see?"
    """
    stream = io.StringIO()
    rows = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for p in paragraphs_of(transcript):
        name = "" if p.label is None else _as_text(p.name)
        rows.writerow((f"{p.start:.3f}", f"{p.end:.3f}", name, _as_text(p.text)))
    return stream.getvalue()


def _as_text(cell: str) -> str:
    cell = INNER_FORMULA.sub(" ", cell)
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
