"""Writes a backup while Meetcore runs: the database as of one moment, then the recordings."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from meetcore.errors import SettingsError
from meetcore.private_files import OWN_FOLDERS, make_file, mend
from meetcore.service import backup_file
from meetcore.service.backup_file import (
    BackupError,
    Contents,
    Entry,
    Progress,
    UnreadableFileError,
    is_safe,
)
from meetcore.service.uploads import STALE_S
from meetcore.settings import Settings
from meetcore.store.exchange import finish_exchange
from meetcore.store.migrate import migration_status
from meetcore.store.sqlite_file import copy_database, sqlite_path
from meetcore.text.sizes import size_text

logger = logging.getLogger(__name__)

WRITING_SHARE = 0.6
"""Part of the progress that writing takes; reading the backup again takes the rest."""
_TEMPORARY = (".part", ".lock")
_PART, _COPY = ".meetcore-part", ".meetcore-db"
"""Endings beside a backup while it is written; no other program uses them."""


def make_backup(
    settings: Settings, path: Path, progress: Progress, force: bool = False
) -> Contents:
    """Write database, recordings and waiting uploads to one file, verify it, give its contents.

    A meeting that is being recorded is saved as far as it has come. A recording that cannot be
    read is left out and named in the contents.

    Raises
    ------
    BackupError
        The file is one of Meetcore's own, it exists already and `force` is not set, or it cannot
        be written; an older file stays as it was.
    StoreError
        The database is damaged or missing.
    """
    database = sqlite_database(settings)
    _refuse_own_file(settings, database, path)
    if path.is_dir() or (path.exists() and not force):
        raise BackupError(
            f"{path} exists already. Choose another name, or replace it with --force."
        )
    part, copy = (path.with_name(f".{path.name}{ending}") for ending in (_PART, _COPY))
    try:
        _sweep(path.parent)
        part.unlink(missing_ok=True)
        make_file(part)
        copy_database(database, copy)
        _refuse_small_disk(settings, copy, path)
        _write(settings, copy, part, lambda done: progress(WRITING_SHARE * done))
        contents = backup_file.verify(
            part, lambda done: progress(WRITING_SHARE + (1 - WRITING_SHARE) * done)
        )
        with part.open("rb") as file:
            os.fsync(file.fileno())
        mend([part])
        part.replace(path)
        return contents
    except OSError as error:
        raise BackupError(
            f"{path} cannot be written ({error.strerror or error}). Check the free space and the"
            " access rights there, or choose another place."
        ) from error
    finally:
        for left in (part, copy):
            left.unlink(missing_ok=True)


def sqlite_database(settings: Settings) -> Path:
    """The file of the database.

    Raises
    ------
    SettingsError
        The database is no file, or there is none yet.
    """
    path = sqlite_path(settings.database)
    if path is None:
        raise SettingsError(
            "MEETCORE_DATABASE_URL names a database server: save and check it with its own"
            " tools, such as pg_dump, and copy the folder of the recordings."
        )
    with contextlib.suppress(OSError):  # the message below is for what is not there then
        finish_exchange(path)
    if not path.is_file():
        raise SettingsError(f"There is no database {path} yet. Check MEETCORE_DATA_DIR.")
    return path


def _refuse_own_file(settings: Settings, database: Path, path: Path) -> None:
    place, own = path.resolve(), database.resolve()
    folders = (settings.recordings_dir, *(settings.data_dir / name for name in OWN_FOLDERS))
    if place in {own.with_name(own.name + ending) for ending in ("", "-wal", "-shm", ".lock")} or (
        any(place.is_relative_to(folder.resolve()) for folder in folders)
    ):
        raise BackupError(
            f"{path} is a place where Meetcore keeps its own files. Choose another place for the"
            " backup."
        )


def _sweep(folder: Path) -> None:
    """Delete what killed backups to this folder have left, a day later; another may be running."""
    for path in folder.glob(".*.meetcore-*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < time.time() - STALE_S:
                path.unlink()


def _write(settings: Settings, copy: Path, part: Path, progress: Progress) -> None:
    status = migration_status(f"sqlite:///{copy}")
    total = max(1, copy.stat().st_size + _n_bytes(settings))
    entries: list[Entry] = []
    with zipfile.ZipFile(part, "w", allowZip64=True) as archive:

        def add(name: str, file: Path) -> None:
            with _opened(file) as content:
                n_bytes = os.fstat(content.fileno()).st_size
                entries.append(backup_file.add_file(archive, name, content, n_bytes))
            progress(min(1.0, sum(each.n_bytes for each in entries) / total))

        add(backup_file.DATABASE_NAME, copy)
        folders = _folders(settings.recordings_dir)
        left_out = tuple(folder.name for folder in folders if not _add_recording(folder, add))
        made_at = datetime.now(UTC).isoformat()
        contents = Contents(status.revision or "", made_at, tuple(entries), left_out=left_out)
        backup_file.add_list(archive, contents)


def _opened(file: Path) -> IO[bytes]:
    try:
        return file.open("rb")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnreadableFileError(f"{file} cannot be read ({error.strerror}).") from error


def _add_recording(folder: Path, add: Callable[[str, Path], None]) -> bool:
    """Add the files of a recording; once more where one was compacted or deleted meanwhile.

    False where a file cannot be read; the others are added.
    """
    added: set[str] = set()
    unreadable: set[str] = set()
    for _ in range(3):
        gone = False
        try:
            files = sorted(_files(folder))
        except OSError:
            return False
        for file in files:
            name = f"recordings/{folder.name}/{file.name}"
            if file.name in added | unreadable:
                continue
            if not is_safe(name):
                logger.warning("a file beside a recording is not part of the backup")
                continue
            try:
                add(name, file)
                added.add(file.name)
            except FileNotFoundError:
                gone = True
            except UnreadableFileError:
                unreadable.add(file.name)
        if not gone:
            break
    return not unreadable


def _folders(recordings: Path) -> list[Path]:
    if not recordings.is_dir():
        return []
    return sorted(path for path in recordings.iterdir() if path.is_dir() and not path.is_symlink())


def _files(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(FileNotFoundError):
        for path in folder.iterdir():
            if path.suffix not in _TEMPORARY and path.is_file() and not path.is_symlink():
                yield path


def _n_bytes(settings: Settings) -> int:
    total = 0
    for folder in _folders(settings.recordings_dir):
        with contextlib.suppress(OSError):
            for file in _files(folder):
                with contextlib.suppress(OSError):
                    total += file.stat().st_size
    return total


def _refuse_small_disk(settings: Settings, copy: Path, path: Path) -> None:
    needed = copy.stat().st_size + _n_bytes(settings)
    free = shutil.disk_usage(path.absolute().parent).free
    if needed > free:
        raise BackupError(
            f"There is too little free space for the backup {path}: {size_text(needed)} are needed,"
            f" and {size_text(free)} are free. Free some, or choose another disk."
        )
