"""Where a command's results go: standard output, a folder, or one file."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from meetcore.errors import MeetcoreError
from meetcore.transcript.formats.registry import formats

AUDIO = "audio"
"""Asked for like a format: the recording itself."""
_FORMATS = formats()
NAMES = (*(known.name for known in _FORMATS), AUDIO)
TEXTS = frozenset(known.name for known in _FORMATS if known.is_text)
PARAGRAPHS = frozenset({"txt", "md"})
"""Formats of which several follow each other with an empty line between them."""
JOINABLE = PARAGRAPHS | {"rttm", "stm"}
"""Formats of which several make one valid stream."""
FILE_SUFFIXES = frozenset(
    {f".{known.extension.split('.')[-1]}" for known in _FORMATS} | {".flac", ".wav"}
)
STDOUT = "-"
COPIED_BYTES = 1 << 20


class OutputError(MeetcoreError):
    """A result could not be written where it was asked to go."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One result: what it is, what its file would be called, and its bytes or where they lie."""

    format_name: str
    stem: str
    extension: str
    data: bytes | Path
    head: bytes = b""
    """Goes before `data`."""


def refusal(output: str, format_name: str, count: int, to_terminal: bool) -> str:
    """Why so many results of a format cannot go there, in one sentence; empty when they can.

    >>> refusal("-", "srt", 1, True), refusal("out", "docx", 5, True)
    ('', '')
    >>> refusal("-", "srt", 2, False)
    'Several results as srt do not fit one stream; give a folder with --output.'
    """
    if output != STDOUT:
        if count > 1 and _is_file(Path(output)):
            return f"Several results do not fit one file; give a folder instead of {output}."
        return ""
    if format_name not in TEXTS and to_terminal:
        return f"A terminal cannot show {format_name}; give a file or folder with --output."
    if count > 1 and format_name not in JOINABLE:
        return (
            f"Several results as {format_name} do not fit one stream; give a folder with --output."
        )
    return ""


class Outlet:
    """Takes results one after the other; a second one of the same name gets a number."""

    def __init__(self, output: str, stream: BinaryIO | None = None) -> None:
        self._path = None if output == STDOUT else Path(output)
        self._stream = stream or sys.stdout.buffer
        self._taken: set[str] = set()
        self._written = 0

    def check(self) -> None:
        """Make the folder now, so that hours of work do not end at a place nobody may write to.

        Raises
        ------
        OutputError
            It cannot be made or written.
        """
        if self._path is None:
            return
        folder = self._path.parent if _is_file(self._path) else self._path
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise self._refused(error) from error

    def deliver(self, piece: Piece) -> Path | None:
        """Write one result; gives its file, or None for standard output.

        Raises
        ------
        OutputError
            The file or folder cannot be written.
        """
        if self._path is None:
            self._print(piece)
            return None
        try:
            path = self._path if _is_file(self._path) else self._path / self._name(piece)
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, piece)
        except OSError as error:
            raise self._refused(error) from error
        return path

    def _refused(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self._path} cannot be written ({error.strerror or error});"
            " choose another place with --output."
        )

    def _print(self, piece: Piece) -> None:
        if self._written and piece.format_name in PARAGRAPHS:
            self._stream.write(b"\n")
        self._written += 1
        _copy(piece, self._stream)
        self._stream.flush()

    def _name(self, piece: Piece) -> str:
        number, name = 1, f"{piece.stem}.{piece.extension}"
        # Folded, because some file systems take two cases of a name for the same file.
        while name.casefold() in self._taken:
            number += 1
            name = f"{piece.stem}-{number}.{piece.extension}"
        self._taken.add(name.casefold())
        return name


def _is_file(path: Path) -> bool:
    """Whether a path names a file rather than a folder, there or yet to be made."""
    return path.suffix.lower() in FILE_SUFFIXES and not path.is_dir()


def _write(path: Path, piece: Piece) -> None:
    """Write all or nothing: a file that was there is replaced when the new one is whole."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            _copy(piece, file)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _copy(piece: Piece, stream: BinaryIO) -> None:
    stream.write(piece.head)
    if isinstance(piece.data, Path):
        with piece.data.open("rb") as file:
            shutil.copyfileobj(file, stream, COPIED_BYTES)
    else:
        stream.write(piece.data)
