"""Copies the rows that can be read of a damaged SQLite database to a new one."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from meetcore.errors import StoreError
from meetcore.store.sqlite_file import connected


def salvage(source: Path, target: Path) -> dict[str, int]:
    """Copy the rows that can still be read into a database that has the tables, but is empty.

    Returns
    -------
    dict[str, int]
        Rows copied, by table.

    Raises
    ------
    StoreError
        The source cannot be opened, or not all that was read of it could be written.
    """
    copied: dict[str, int] = {}
    try:
        with closing(connected(source)) as old, closing(sqlite3.connect(target)) as new:
            old.text_factory = bytes
            for table in _tables(new):
                rows = _rows(old, table)
                copied[table] = sum(_insert(new, table, row) for row in rows)
            new.commit()
        with closing(connected(target)) as new:
            written = {table: _count(new, table) for table in copied}
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "") or type(error).__name__
        raise _not_written(source, name) from None
    if written != copied:
        raise _not_written(source, "rows are missing")
    return copied


def n_meetings(path: Path) -> int:
    """How many meetings a database names at least, a damaged one in any table or index."""
    found: set[object] = set()
    with contextlib.suppress(sqlite3.Error), closing(connected(path)) as connection:
        connection.text_factory = bytes
        for query in (
            "SELECT id FROM meetings NOT INDEXED",
            "SELECT id FROM meetings ORDER BY id",
            "SELECT DISTINCT meeting_id FROM segments",
            "SELECT meeting_id FROM jobs",
        ):
            with contextlib.suppress(sqlite3.Error):
                for (meeting_id,) in connection.execute(query):
                    found.add(meeting_id)
    return len(found)


def _count(connection: sqlite3.Connection, table: str) -> int:
    (found,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(found)


def _not_written(source: Path, why: str) -> StoreError:
    return StoreError(
        f"What can be read from the database {source} cannot be written beside it ({why}); nothing"
        " was changed. Check the free space and the access rights there."
    )


def _tables(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'spoken%'"
        " AND name NOT LIKE 'sqlite_%' AND name <> 'alembic_version'"
    )
    return sorted((name for (name,) in found), key=lambda name: name != "meetings")


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[dict[str, object]]:
    """The rows of a table in order of their row ids; what cannot be read is stepped over."""
    position, step, last = -1, 1, _last_row(connection, table)
    while position < last:
        try:
            cursor = connection.execute(
                f"SELECT rowid, * FROM {table} WHERE rowid > ? ORDER BY rowid", (position,)
            )
            names = [name for name, *_ in cursor.description][1:]
            for rowid, *values in cursor:
                position, step = rowid, 1
                yield dict(zip(names, values, strict=True))
            return
        except sqlite3.DatabaseError:
            position, step = position + step, min(2 * step, 4096)


def _last_row(connection: sqlite3.Connection, table: str) -> int:
    for query in (f"SELECT max(rowid) FROM {table}", f"SELECT count(*) FROM {table}"):
        with contextlib.suppress(sqlite3.DatabaseError):
            (found,) = connection.execute(query).fetchone()
            return int(found or 0)
    return 1_000_000


def _insert(connection: sqlite3.Connection, table: str, row: dict[str, object]) -> bool:
    """Insert a row, its texts with damaged letters replaced; False where it does not fit."""
    known = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
    row = {name: value for name, value in row.items() if name in known}
    values = [
        each.decode("utf-8", "replace") if isinstance(each, bytes) and name != "embedding" else each
        for name, each in row.items()
    ]
    marks = ", ".join("?" for _ in values)
    try:
        connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", values)
    except (sqlite3.IntegrityError, sqlite3.DataError):
        return False
    return True
