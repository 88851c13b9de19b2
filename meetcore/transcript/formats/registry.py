"""The formats of downloads, by name: Meetcore's own and those that other packages add.

A package adds one by an entry point in the group `meetcore.formats`, whose name is the format's
and whose value is a `Format`:

    [project.entry-points."meetcore.formats"]
    pdf = "meetcore_pdf:PDF"
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

from meetcore.errors import FormatError, MeetcoreError, ModelUnavailableError
from meetcore.plugins import Row, registry_rows
from meetcore.records import Transcript
from meetcore.transcript.formats import (
    csv,
    docx,
    json,
    markdown,
    rttm,
    seglst,
    srt,
    stm,
    txt,
    vtt,
    xlsx,
)
from meetcore.transcript.formats.export import Export, facts_line

GROUP = "meetcore.formats"


Write = Callable[[Export], bytes]


@dataclass(frozen=True, slots=True)
class Format:
    """One format: what the pages and the command line need to offer it, and how it is written.

    `write` is called once per download, from any thread, with an `Export` that may be empty;
    it returns the whole file and raises FormatError where the transcript cannot be written.
    """

    name: str
    """Lower case; what `--format` and `Transcript.to` take."""
    label: str
    """On the page's button."""
    extension: str
    """Without a dot in front; may hold one ("seglst.json")."""
    mime: str
    write: Write
    is_text: bool = True
    """Whether the bytes are UTF-8 that a terminal can show."""


@dataclass(frozen=True, slots=True)
class _Added:
    """The formats of other packages: those that load, and why each of the others does not."""

    formats: tuple[Format, ...]
    problems: dict[str, str]


def _text(dumps: Callable[[Transcript, str], str], encoding: str = "utf-8") -> Write:
    """Of a format that has no place for the facts of a meeting."""

    def write(export: Export) -> bytes:
        return dumps(export.transcript, export.title).encode(encoding)

    return write


def _with_facts(dumps: Callable[[Transcript, str, str], str]) -> Write:
    """Of a format that begins with the facts of a meeting, where date or length are known."""

    def write(export: Export) -> bytes:
        facts = facts_line(export) if export.date or export.duration else ""
        return dumps(export.transcript, export.title, facts).encode("utf-8")

    return write


def _json(export: Export) -> bytes:
    # Half a surrogate pair, which UTF-8 cannot hold, becomes the escape that JSON has for it.
    return json.dumps_export(export).encode("utf-8", "backslashreplace")


def _rttm(export: Export) -> bytes:
    return rttm.dumps(export.transcript, export.title, export.turns).encode("utf-8")


def _docx(export: Export) -> bytes:
    return docx.dumps(export.transcript, export.title, facts_line(export), export.date)


_OFFICE = "application/vnd.openxmlformats-officedocument"
DOCX_MIME = f"{_OFFICE}.wordprocessingml.document"
XLSX_MIME = f"{_OFFICE}.spreadsheetml.sheet"

FORMATS: tuple[Format, ...] = (
    Format("txt", "Text", "txt", "text/plain", _with_facts(txt.dumps)),
    Format("md", "Markdown", "md", "text/markdown", _with_facts(markdown.dumps)),
    Format("docx", "Word document", "docx", DOCX_MIME, _docx, is_text=False),
    Format("xlsx", "Spreadsheet (Excel)", "xlsx", XLSX_MIME, xlsx.dumps, is_text=False),
    # Excel takes a CSV without this mark for the local code page, and garbles names.
    Format("csv", "Spreadsheet (CSV)", "csv", "text/csv", _text(csv.dumps, "utf-8-sig")),
    Format("srt", "Subtitles (SRT)", "srt", "application/x-subrip", _text(srt.dumps)),
    Format("vtt", "Subtitles (WebVTT)", "vtt", "text/vtt", _with_facts(vtt.dumps)),
    Format("json", "JSON, everything", "json", "application/json", _json),
    Format("rttm", "Turns (RTTM)", "rttm", "text/plain", _rttm),
    Format("stm", "Scoring (STM)", "stm", "text/plain", _text(stm.dumps)),
    Format("seglst", "Scoring (SegLST)", "seglst.json", "application/json", _text(seglst.dumps)),
)
"""Meetcore's own."""


def formats() -> tuple[Format, ...]:
    """All formats that can be written: Meetcore's own, then those of other packages by name."""
    return (*FORMATS, *_added(tuple(sys.path)).formats)


def get_format(name: str) -> Format:
    """The format of this name.

    Raises
    ------
    FormatError
        There is none, or the package that adds it is broken; the message lists the formats
        there are, or says what is wrong with the package.

    Examples
    --------
    >>> get_format("seglst").extension
    'seglst.json'
    """
    known = {each.name: each for each in formats()}
    if name in known:
        return known[name]
    if problem := _added(tuple(sys.path)).problems.get(name):
        raise FormatError(problem)
    raise FormatError(f"There is no format {name!r}. Choose one of: {', '.join(known)}.")


def format_of_file(file_name: str) -> Format:
    """The format that a file's name ends in; the longest ending wins.

    Raises
    ------
    FormatError
        No format has this ending; the message lists those there are.

    Examples
    --------
    >>> format_of_file("talk.DOCX").name, format_of_file("talk.seglst.json").name
    ('docx', 'seglst')
    """
    name = file_name.lower()
    fitting = [known for known in formats() if name.endswith(f".{known.extension}")]
    if fitting:
        return max(fitting, key=lambda known: len(known.extension))
    endings = ", ".join(f".{known.extension}" for known in formats())
    raise FormatError(f"{file_name!r} names no format by its ending. Choose one of: {endings}.")


@functools.lru_cache(maxsize=1)
def _added(search_path: tuple[str, ...]) -> _Added:
    """Load the entry points found on `search_path` (`sys.path`, the key of the cache)."""
    found: list[Format] = []
    problems: dict[str, str] = {}
    rows = registry_rows({known.name: "" for known in FORMATS}, GROUP)
    for row in sorted(rows.values(), key=lambda row: row.name):
        if not row.package:
            continue
        try:
            found.append(_checked(row.load(), row))
        except ModelUnavailableError as error:
            problems[row.name] = str(error)
    return _Added(tuple(found), problems)


def _checked(loaded: object, row: Row) -> Format:
    """The format of another package, with the failures of its `write` turned into FormatErrors."""
    if not isinstance(loaded, Format) or loaded.name != row.name:
        raise row.failure(TypeError(f"{row.target} is not a Format of the name {row.name!r}"))
    return replace(loaded, write=functools.partial(_guarded, loaded.write, row))


def _guarded(write: Write, row: Row, export: Export) -> bytes:
    try:
        written = write(export)
        if not isinstance(written, bytes):
            raise TypeError(f"{type(written).__name__} instead of bytes")
    except MeetcoreError:
        raise
    except Exception as error:  # another package's code may raise anything
        raise FormatError(str(row.failure(error))) from error
    return written
