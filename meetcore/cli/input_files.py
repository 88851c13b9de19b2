"""Links or copies an input file, because the import deletes the file it is given; spools stdin."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from typing import BinaryIO

from meetcore.errors import AudioDecodeError
from meetcore.text.names import media_ending

STDIN = "-"
"""Names standard input where a file is asked for."""
STDIN_NAME = "Recording"
"""Title of a meeting from standard input, where none is given."""
COPY_BYTES = 1 << 20


def stage_file(path: Path, folder: Path) -> Path:
    """Link the file into a folder, or copy it where links are not possible; the new path.

    Raises
    ------
    AudioDecodeError
        The file is missing, a folder, not readable, or the copy does not fit on the disk.
    """
    _check(path)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{secrets.token_hex(8)}{media_ending(path.name)}"
    try:
        os.link(path.resolve(), target)
        return target
    except OSError:
        # Another disk, or a file system or owner that allows no links.
        return _copy(path, target)


def spool_stdin(stream: BinaryIO, folder: Path) -> Path:
    """Write what comes in on a stream to a file in a folder; the new path.

    A media file must be read from several places, which a pipe does not allow.

    Raises
    ------
    AudioDecodeError
        Nothing came in, or it does not fit on the disk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / secrets.token_hex(8)
    try:
        with target.open("wb") as file:
            shutil.copyfileobj(stream, file, COPY_BYTES)
            size = file.tell()
        if not size:
            raise AudioDecodeError("Nothing came in on standard input; pipe a recording into it.")
    except BaseException as error:
        target.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise AudioDecodeError(
            f"Standard input could not be kept in {folder} ({error.strerror or error});"
            " free some space and run the command again."
        ) from error
    return target


def _check(path: Path) -> None:
    if path.is_dir():
        raise AudioDecodeError(f"{path} is a folder; name the files in it.")
    if not path.exists():
        raise AudioDecodeError(f"{path} does not exist; check the name.")
    if not path.is_file() or not os.access(path, os.R_OK):
        raise AudioDecodeError(f"{path} is no file that can be read; check what it is.")


def _copy(path: Path, target: Path) -> Path:
    try:
        shutil.copyfile(path, target)
    except BaseException as error:
        target.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise AudioDecodeError(
            f"{path} could not be copied to {target.parent} ({error.strerror or error});"
            " free some space or check the file."
        ) from error
    return target
