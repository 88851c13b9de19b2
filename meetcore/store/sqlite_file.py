"""Copies, checks and salvages a SQLite database file, also while other programs use it.

Sources: https://www.sqlite.org/lang_vacuum.html#vacuuminto, https://www.sqlite.org/pragma.html
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from meetcore.errors import StoreError
from meetcore.installation import command
from meetcore.private_files import make_file

Progress = Callable[[float], None]

BUSY_S = 5.0
_STEPS = 20_000
"""Instructions of SQLite's machine between two looks at the clock; about a millisecond."""
HEADER = b"SQLite format 3\x00"


def sqlite_path(url: str) -> Path | None:
    """The file of a SQLite URL; None for another database."""
    parsed = make_url(url)
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database
    return Path(str(parsed.database)) if is_file else None


def trouble_of(path: Path, limit_s: float | None = None, thorough: bool = False) -> str:
    """What is wrong with a database file, in words that quote nothing; "" where nothing is.

    Parameters
    ----------
    limit_s : seconds after which the check ends, with "", as the rest may be large
    thorough : compare indexes with tables, too
    """
    deadline = None if limit_s is None else time.monotonic() + limit_s
    try:
        with closing(connected(path)) as connection:
            if deadline is not None:
                connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
            pragma = "integrity_check(1)" if thorough else "quick_check(1)"
            (answer,) = connection.execute(f"PRAGMA {pragma}").fetchone()
            if answer != "ok":
                return "its pages are damaged"
            return _key_trouble(connection) if thorough else ""
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "") or type(error).__name__
        return "" if name == "SQLITE_INTERRUPT" else f"it cannot be read ({name})"


def _key_trouble(connection: sqlite3.Connection) -> str:
    orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
    return "" if orphan is None else f"the table {orphan[0]} has entries of no meeting"


def copy_database(source: Path, target: Path) -> None:
    """Write a consistent copy of a database that may be in use; verified, and then in its place.

    The source is checked as well: what can still be read of a damaged one makes a sound copy.

    Raises
    ------
    StoreError
        The source is damaged, or the copy cannot be written; nothing is left.
    """
    if trouble := trouble_of(source):
        raise StoreError(
            f"The database {source} is damaged ({trouble}), and is not copied. Stop Meetcore, then"
            f" run `{command('check --repair')}`."
        )
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        make_file(part)
        with closing(connected(source)) as connection:
            connection.execute("VACUUM INTO ?", (str(part),))
        if trouble := trouble_of(part):
            raise StoreError(f"The copy of the database is not right ({trouble}). Try again.")
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "") or type(error).__name__
        raise StoreError(
            f"The database {source} cannot be copied ({name}). Check the free space of"
            f" {target.parent}, and the database with `meetcore check`."
        ) from None
    except OSError as error:
        raise StoreError(
            f"The copy {target} cannot be written ({error.strerror}). Check the free space and"
            " the access rights there."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def fold_in_log(path: Path) -> None:
    """Write what is only in the write-ahead log to the database itself, before it is moved.

    A damaged database stays as it is; its log is moved with it.

    Raises
    ------
    StoreError
        Another process has the database open, and would go on writing to the moved file.
    """
    if not path.exists():
        return
    try:
        uri = f"{path.resolve().as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, timeout=0)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise StoreError(
                f"Another program has the database {path} open, such as a running `transcribe`."
                " Wait until it is done, or stop it; then try again."
            ) from None


def move_uploads(database: Path, recordings_dir: Path) -> None:
    """Point the jobs of a database that was copied here to the uploads in this folder.

    Raises
    ------
    StoreError
        The database cannot be written.
    """
    try:
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute(
                "UPDATE jobs SET source_path = ? || '/' || meeting_id || '/upload'"
                " WHERE source_path IS NOT NULL",
                (str(recordings_dir),),
            )
    except sqlite3.OperationalError:
        # Databases of the first revision have no jobs.
        return
    except sqlite3.Error as error:
        raise StoreError(f"The database {database} is damaged ({type(error).__name__}).") from None


def connected(path: Path) -> sqlite3.Connection:
    """A connection that only reads; a file that is missing is not made."""
    uri = f"{path.resolve().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)
