"""Takes a backup back into the data folder; what is there is kept beside, never overwritten."""

from __future__ import annotations

import errno
import os
import shutil
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from meetcore.private_files import FILE_MODE, make_data_folder, make_file, make_folder
from meetcore.records import ID
from meetcore.service import backup_file
from meetcore.service.backup_file import BackupError, Contents, Progress
from meetcore.settings import Settings
from meetcore.store.exchange import Move, exchange, finish_exchange, list_path
from meetcore.store.migrate import migration_status
from meetcore.store.sqlite_file import HEADER, fold_in_log, move_uploads, sqlite_path, trouble_of
from meetcore.text.sizes import size_text

STAGING = ".restoring"
KEPT = "before-restore-"
_OWN = ("recordings", "uploads", "speeds.json")
"""What of the data folder belongs to the database that is replaced."""


def restore_backup(
    settings: Settings, path: Path, progress: Progress, force: bool = False
) -> Contents:
    """Take a backup, or a daily copy of the database, back; gives what it held.

    Everything is read and compared before anything is moved.

    Raises
    ------
    BackupError
        It is damaged or of a newer Meetcore, there are meetings already and `force` is not set,
        Meetcore runs on this data folder, or the disk is full. Nothing is changed.
    StoreError
        Another program, such as `transcribe`, has the database open. Nothing is changed.
    """
    database = sqlite_path(settings.database)
    if database is None:
        raise BackupError("A backup is taken back into SQLite only. Unset MEETCORE_DATABASE_URL.")
    if not path.is_file():
        raise BackupError(f"{path} is no file. Check the name.")
    try:
        make_data_folder(settings.data_dir)
        lock = FileLock(settings.data_dir / "owner.lock", timeout=0, mode=FILE_MODE)
        with lock:
            finish_exchange(database)
            if database.exists() and not force:
                raise BackupError(
                    f"There are meetings in {settings.data_dir} already. Add --force to replace"
                    " them; they are kept beside, in a folder of their own."
                )
            return _restore(settings, database, path, progress)
    except Timeout:
        raise BackupError("Meetcore is running. Stop it, then restore the backup.") from None
    except OSError as error:
        raise BackupError(
            f"The backup cannot be taken back to {settings.data_dir} ({error.strerror or error})."
            " Check the free space and the access rights there."
        ) from error


def _restore(settings: Settings, database: Path, path: Path, progress: Progress) -> Contents:
    staging = settings.data_dir / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    make_folder(staging)
    try:
        with path.open("rb") as file:
            is_copy = file.read(len(HEADER)) == HEADER
        contents = _copy_of(path, staging) if is_copy else _extract(path, staging, progress)
        _refuse_unreadable(staging / backup_file.DATABASE_NAME, path)
        move_uploads(staging / backup_file.DATABASE_NAME, settings.recordings_dir)
        fold_in_log(database)
        _exchange(settings, database, staging, whole=not is_copy)
        make_data_folder(settings.data_dir)
        return contents
    finally:
        if not list_path(database).exists():
            shutil.rmtree(staging, ignore_errors=True)


def _copy_of(path: Path, staging: Path) -> Contents:
    """Copy a database, and what of it is only in the log beside it, as after a kill."""
    target = staging / backup_file.DATABASE_NAME
    for ending in ("", "-wal"):
        source, copy = (each.with_name(each.name + ending) for each in (path, target))
        if source.exists():
            make_file(copy)
            shutil.copyfile(source, copy)
    fold_in_log(target)
    n_bytes = target.stat().st_size
    return Contents("", "", (backup_file.Entry(backup_file.DATABASE_NAME, n_bytes, ""),))


def _extract(path: Path, staging: Path, progress: Progress) -> Contents:
    with backup_file.opened(path) as archive:
        contents = backup_file.read_contents(archive, path)
        free = shutil.disk_usage(staging).free
        if contents.n_bytes > free:
            raise BackupError(
                f"There is too little free space: the backup holds {size_text(contents.n_bytes)},"
                f" and {size_text(free)} are free. Free some, then try again."
            )
        done, total = 0, max(1, contents.n_bytes)
        for entry in contents.entries:
            target = staging / entry.name
            make_folder(target.parent)
            make_file(target)
            with target.open("wb") as file:
                for piece in backup_file.pieces(archive, entry, path):
                    file.write(piece)
                    done += len(piece)
                    progress(done / total)
                file.flush()
                os.fsync(file.fileno())
    return contents


def _refuse_unreadable(database: Path, path: Path) -> None:
    if trouble := trouble_of(database):
        raise BackupError(f"The database in {path} is damaged ({trouble}). Choose another backup.")
    if not migration_status(f"sqlite:///{database}").known:
        raise BackupError(f"{path} was made by a newer Meetcore. Update Meetcore, then try again.")


def _exchange(settings: Settings, database: Path, staging: Path, whole: bool) -> None:
    """Move what is there beside, then the staged files in; a copy of the database leaves the rest.

    Entry by entry, as the data folder may be a mount point, which cannot be renamed.
    """
    kept = settings.data_dir / f"{KEPT}{datetime.now():%Y%m%d-%H%M%S-%f}"
    apart = whole and _is_apart(settings.recordings_dir, staging)
    if whole and not apart:
        make_folder(staging / "recordings")
    moves = [
        Move(settings.data_dir / name, kept / name, new if new.exists() else None)
        for name in (_OWN if whole else ())
        if not (apart and name == "recordings")
        for new in (staging / name,)
    ]
    if apart:
        moves += _inside(settings.recordings_dir, kept.name, staging / "recordings")
    for ending in ("-wal", "-shm"):
        beside = database.with_name(database.name + ending)
        moves.append(Move(beside, kept / beside.name))
    moves.append(Move(database, kept / database.name, staging / backup_file.DATABASE_NAME))
    exchange(database, moves)


def _is_apart(recordings: Path, staging: Path) -> bool:
    """Whether the folder is a link or a mount point, which would be moved without its files.

    A file is moved into it, as a mount of the same disk shows in nothing else.
    """
    if not recordings.is_dir():
        return False
    if recordings.is_symlink():
        return True
    probe = staging / ".probe.part"
    probe.touch()
    try:
        moved = probe.rename(recordings / probe.name)
    except OSError as error:
        if error.errno == errno.EXDEV:
            return True
        raise
    moved.unlink()
    return False


def _inside(recordings: Path, kept_name: str, new: Path) -> list[Move]:
    """Moves of the meetings' folders, beside within the folder of recordings, by rename only."""
    names = {
        path.name
        for folder in (recordings, new)
        if folder.is_dir()
        for path in folder.iterdir()
        if ID.fullmatch(path.name) and not path.name.startswith(KEPT)
    }
    return [
        Move(
            recordings / name,
            recordings / kept_name / name,
            new / name if (new / name).exists() else None,
        )
        for name in sorted(names)
    ]
