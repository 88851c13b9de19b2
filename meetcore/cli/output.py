"""Write a command's results to standard output, a folder, or one file."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from meetcore.cli.output_place import PARAGRAPHS, STDOUT, is_file
from meetcore.errors import MeetcoreError

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


class ResultWriter:
    """Writes results one after the other, each as a whole file or not at all.

    In a folder, a name that is there already gets a number. A file is never replaced, but for
    `force`.
    """

    def __init__(self, output: str, stream: BinaryIO | None = None, force: bool = False) -> None:
        self._path = None if output == STDOUT else Path(output)
        self._stream = stream or sys.stdout.buffer
        self._force = force
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
        folder = self._path.parent if is_file(self._path) else self._path
        try:
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
            if is_file(self._path):
                return self._write_file(self._path, result)
            self._path.mkdir(parents=True, exist_ok=True)
            return self._write_into(self._path, result)
        except OSError as error:
            raise self._error(error) from error

    def _write_file(self, path: Path, result: Result) -> Path:
        ending = f".{result.extension.split('.')[-1]}"
        if path.suffix.lower() != ending:
            raise OutputError(
                f"The result is a {ending} file, which {path.name} does not say;"
                f" name it {path.with_suffix(ending).name}."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        if not _write(path, result, self._force):
            raise OutputError(
                f"{path} exists already; give another name, or --force to replace it."
            )
        return path

    def _write_into(self, folder: Path, result: Result) -> Path:
        for number in itertools.count(1):
            more = f"-{number}" if number > 1 else ""
            name = f"{result.stem}{more}.{result.extension}"
            # Folded, because some file systems take two cases of a name for the same file.
            if name.casefold() in self._taken:
                continue
            if _write(folder / name, result, self._force):
                self._taken.add(name.casefold())
                return folder / name
        raise AssertionError("some number is free")

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


def _write(path: Path, result: Result, force: bool) -> bool:
    """Write a whole file, or nothing; False where there is one already, unless `force`."""
    if not force and path.exists():
        return False
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            _copy(result, file)
            file.flush()
            os.fsync(file.fileno())
        if force:
            os.replace(part, path)
            return True
        return _link(part, path)
    finally:
        part.unlink(missing_ok=True)


def _link(part: Path, path: Path) -> bool:
    """Give a file its name; False where another program has written one of this name meanwhile."""
    try:
        os.link(part, path)
    except FileExistsError:
        return False
    except OSError:
        # A file system without links, such as that of a memory stick.
        os.replace(part, path)
    return True


def _copy(result: Result, stream: BinaryIO) -> None:
    stream.write(result.head)
    if isinstance(result.data, Path):
        with result.data.open("rb") as file:
            shutil.copyfileobj(file, stream, COPY_BYTES)
    else:
        stream.write(result.data)
