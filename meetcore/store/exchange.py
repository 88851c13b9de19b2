"""Replaces a database and the files that belong to it; a killed process leaves nothing half done.

The moves are written down beside the database before the first one. Opening the database makes
those that are left, so that it is never read beside recordings of another one.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from meetcore.private_files import FILE_MODE, make_file, make_folder

logger = logging.getLogger(__name__)

LIST_ENDING = ".exchange"


@dataclass(frozen=True, slots=True)
class Move:
    """One file or folder that is replaced."""

    place: Path
    kept: Path
    """Where what is there goes."""
    new: Path | None = None
    """What comes there instead; must exist."""


def exchange(database: Path, moves: Sequence[Move]) -> None:
    """Make all moves of files that belong to a database.

    Raises
    ------
    OSError
        A file cannot be moved; those that were are back in their places.
    """
    path = list_path(database)
    make_folder(database.parent)
    with _lock(database):
        part = path.with_name(f"{path.name}.part")
        make_file(part)
        with part.open("w", encoding="utf-8") as file:
            json.dump([_row(move, database.parent) for move in moves], file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        try:
            for move in moves:
                _make(move)
        except OSError:
            for move in reversed(moves):
                _undo(move)
            path.unlink()
            raise
        path.unlink()


def finish_exchange(database: Path) -> None:
    """Make the moves that a killed process has left; nothing to do where there are none.

    Waits while another process makes them.

    Raises
    ------
    OSError
        A file cannot be moved; a later call goes on.
    """
    path = list_path(database)
    if not path.exists():
        return
    with _lock(database):
        if not path.exists():
            return
        for row in json.loads(path.read_text(encoding="utf-8")):
            _make(_move(row, database.parent))
        path.unlink()
    logger.info("an exchange of %s that was cut off is finished", database.name)


def list_path(database: Path) -> Path:
    """Where the moves are written down while they are made."""
    return database.with_name(f".{database.name}{LIST_ENDING}")


def _lock(database: Path) -> FileLock:
    """The lock under which the database is migrated, too."""
    return FileLock(f"{database}.lock", mode=FILE_MODE)


def _row(move: Move, base: Path) -> list[str | None]:
    paths = (move.place, move.kept, move.new)
    return [os.path.relpath(path, base) if path else None for path in paths]


def _move(row: list[str | None], base: Path) -> Move:
    # By name: the system would follow a link in the base before it goes up from there.
    place, kept, new = (Path(os.path.normpath(base / path)) if path else None for path in row)
    assert place and kept
    return Move(place, kept, new)


def _make(move: Move) -> None:
    """Make one move, or what is left of it: `new` is there until all of it is in its place."""
    for path in (move.place, move.kept, move.new):
        if path is not None:
            _remove(_aside(path))
    if move.new is not None and not _is_there(move.new):
        return
    if _is_there(move.place) and not _is_there(move.kept):
        _rename(move.place, move.kept)
    _remove(move.place)  # what a copy to another disk left
    if move.new is not None:
        _rename(move.new, move.place)


def _undo(move: Move) -> None:
    if move.new is not None and not _is_there(move.new) and _is_there(move.place):
        _rename(move.place, move.new)
    if _is_there(move.kept):
        _remove(move.place)
        _rename(move.kept, move.place)


def _rename(source: Path, target: Path) -> None:
    """Rename; to another disk by a copy, which gets its name when it is whole."""
    make_folder(target.parent)
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part, old = _aside(target), _aside(source)
        _remove(part)
        if source.is_dir():
            shutil.copytree(source, part)
        else:
            shutil.copy2(source, part)
        part.rename(target)
        source.rename(old)
        _remove(old)


def _aside(path: Path) -> Path:
    """The name of a copy that is not whole yet, or of an original that is being removed."""
    return path.with_name(f".{path.name}.moved")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()
