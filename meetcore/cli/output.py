"""Write a command's results to standard output, a folder, or one file."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from meetcore.errors import MeetcoreError
from meetcore.private_files import users_umask
from meetcore.transcript.formats.registry import formats

AUDIO = "audio"
"""Names the recording itself where a format is asked for."""
_FORMATS = formats()
NAMES = (*(known.name for known in _FORMATS), AUDIO)
TEXTS = frozenset(known.name for known in _FORMATS if known.is_text)
PARAGRAPHS = frozenset({"txt", "md"})
"""Formats whose results are separated by an empty line."""
JOINABLE = PARAGRAPHS | {"rttm", "stm"}
"""Formats of which several results make one valid stream."""
FILE_SUFFIXES = frozenset(
    {f".{known.extension.split('.')[-1]}" for known in _FORMATS} | {".flac", ".wav"}
)
STDOUT = "-"
STALE_S = 24 * 3600.0
COPY_BYTES = 1 << 20


class OutputError(MeetcoreError):
    """A result could not be written where it was asked to go."""


@dataclass(frozen=True, slots=True)
class Result:
    """One result: its format, the name of its file, and its bytes or the file that holds them."""

    format_name: str
    stem: str
    extension: str
    data: bytes | Path
    head: bytes = b""
    """Written before `data`."""


def refusal(output: str, format_name: str, count: int, to_terminal: bool) -> str:
    """Why `count` results of a format cannot be written there, in one sentence; empty if they can.

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


class ResultWriter:
    """Writes results one after the other; a second one of the same name gets a number."""

    def __init__(self, output: str, stream: BinaryIO | None = None) -> None:
        self._path = None if output == STDOUT else Path(output)
        self._stream = stream or sys.stdout.buffer
        self._taken: set[str] = set()
        self._written = 0

    def prepare(self) -> None:
        """Make the folder, so that a place without write access is reported before the work.

        Raises
        ------
        OutputError
            The folder cannot be made or written; choose another.
        """
        if self._path is None:
            return
        folder = self._path.parent if _is_file(self._path) else self._path
        try:
            with users_umask():
                folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise self._error(error) from error

    def write(self, result: Result) -> Path | None:
        """Write one result; its file, or None for standard output.

        Raises
        ------
        OutputError
            The file or folder cannot be written; choose another.
        """
        if self._path is None:
            self._print(result)
            return None
        try:
            path = self._path if _is_file(self._path) else self._path / self._name(result)
            with users_umask():
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(path, result)
        except OSError as error:
            raise self._error(error) from error
        return path

    def _error(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self._path} cannot be written ({error.strerror or error});"
            " choose another place with --output."
        )

    def _print(self, result: Result) -> None:
        if self._written and result.format_name in PARAGRAPHS:
            self._stream.write(b"\n")
        self._written += 1
        _copy(result, self._stream)
        self._stream.flush()

    def _name(self, result: Result) -> str:
        number, name = 1, f"{result.stem}.{result.extension}"
        # Folded, because some file systems take two cases of a name for the same file.
        while name.casefold() in self._taken:
            number += 1
            name = f"{result.stem}-{number}.{result.extension}"
        self._taken.add(name.casefold())
        return name


def _is_file(path: Path) -> bool:
    """Whether a path means a file rather than a folder; neither need exist."""
    return path.suffix.lower() in FILE_SUFFIXES and not path.is_dir()


def _write(path: Path, result: Result) -> None:
    """Write to a temporary file first, so that an older file is replaced by a whole one only."""
    part = path.with_name(f".{path.name}.part")
    _sweep(path.parent)
    try:
        with part.open("wb") as file:
            _copy(result, file)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Delete what exports that were killed have left in a folder, once it is a day old."""
    for part in folder.glob(".*.part"):
        with contextlib.suppress(OSError):
            is_ours = Path(part.stem).suffix.lower() in FILE_SUFFIXES
            if is_ours and time.time() - part.stat().st_mtime > STALE_S:
                part.unlink()


def _copy(result: Result, stream: BinaryIO) -> None:
    stream.write(result.head)
    if isinstance(result.data, Path):
        with result.data.open("rb") as file:
            shutil.copyfileobj(file, stream, COPY_BYTES)
    else:
        stream.write(result.data)
