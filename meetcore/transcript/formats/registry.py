"""The formats a user can download, by name: each makes bytes of what is known of a meeting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from meetcore.errors import FormatError
from meetcore.records import Transcript, Turn
from meetcore.transcript.formats import csv, docx, json, markdown, rttm, seglst, srt, stm, txt, vtt


@dataclass(frozen=True, slots=True)
class Export:
    """What a format may write."""

    transcript: Transcript
    title: str = ""
    turns: tuple[Turn, ...] = ()
    """Who spoke when, with overlaps, where a diarizer heard it; labels as in the transcript."""


Write = Callable[[Export], bytes]


@dataclass(frozen=True, slots=True)
class Format:
    """What a download needs to know."""

    name: str
    label: str
    extension: str
    mime: str
    write: Write
    is_text: bool = True
    """Whether a terminal can show it."""


def _text(dumps: Callable[[Transcript, str], str], encoding: str = "utf-8") -> Write:
    def write(export: Export) -> bytes:
        return dumps(export.transcript, export.title).encode(encoding)

    return write


def _json(export: Export) -> bytes:
    text = json.dumps(export.transcript, export.title, export.turns)
    # Half a surrogate pair, which UTF-8 cannot hold, becomes the escape that JSON has for it.
    return text.encode("utf-8", "backslashreplace")


def _rttm(export: Export) -> bytes:
    return rttm.dumps(export.transcript, export.title, export.turns).encode("utf-8")


def _docx(export: Export) -> bytes:
    return docx.dumps(export.transcript, export.title)


DOCX_MIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

FORMATS: tuple[Format, ...] = (
    Format("txt", "Text", "txt", "text/plain", _text(txt.dumps)),
    Format("md", "Markdown", "md", "text/markdown", _text(markdown.dumps)),
    Format("docx", "Word document", "docx", DOCX_MIME, _docx, is_text=False),
    # Excel takes a CSV without this mark for the local code page, and garbles names.
    Format("csv", "Spreadsheet (CSV)", "csv", "text/csv", _text(csv.dumps, "utf-8-sig")),
    Format("srt", "Subtitles (SRT)", "srt", "application/x-subrip", _text(srt.dumps)),
    Format("vtt", "Subtitles (WebVTT)", "vtt", "text/vtt", _text(vtt.dumps)),
    Format("json", "JSON, everything", "json", "application/json", _json),
    Format("rttm", "Turns (RTTM)", "rttm", "text/plain", _rttm),
    Format("stm", "Scoring (STM)", "stm", "text/plain", _text(stm.dumps)),
    Format("seglst", "Scoring (SegLST)", "seglst.json", "application/json", _text(seglst.dumps)),
)


def get_format(name: str) -> Format:
    """The format of this name.

    Raises
    ------
    FormatError
        There is none; the message lists those there are.

    Examples
    --------
    >>> get_format("seglst").extension
    'seglst.json'
    """
    for known in FORMATS:
        if known.name == name:
            return known
    names = ", ".join(known.name for known in FORMATS)
    raise FormatError(f"There is no format {name!r}. Choose one of: {names}.")
