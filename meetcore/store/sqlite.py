"""Everything that is special to SQLite; other databases pass through untouched.

Source: https://www.sqlite.org/pragma.html, https://www.sqlite.org/wal.html
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from filelock import FileLock
from sqlalchemy import URL, Connection, Engine, event

from meetcore.errors import StoreError

BUSY_TIMEOUT_MS = 30_000
"""How long one writer waits for another; a migration of a large file takes seconds."""

_waiting_ms: ContextVar[int] = ContextVar("waiting_ms", default=BUSY_TIMEOUT_MS)

WRITES = "meetcore_writes"
"""Execution option of connections that will write."""

_PRAGMAS = (
    # First, so that the others wait as well.
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    # Pages read while the worker writes.
    "PRAGMA journal_mode = WAL",
    # With WAL a power cut may take the last second of text, never the file. The audio has a
    # sync interval of its own, and text can be made again from it.
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
)


def make_folder(url: URL) -> None:
    """Make the folder that a SQLite file is to lie in.

    Raises
    ------
    StoreError
        The URL names no file: a database in memory would be another one in each thread.
    OSError
        The folder cannot be made.
    """
    if url.get_backend_name() != "sqlite":
        return
    if not url.database or ":memory:" in url.database:
        raise StoreError(
            f"The database URL {url} names no file. Use one such as sqlite:///meetcore.db."
        )
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)


def opening(url: URL) -> AbstractContextManager[object]:
    """One process at a time inside: a new file turns to WAL without waiting for anybody else.

    SQLite answers "database is locked" at once there, whatever the busy timeout is.
    """
    if url.get_backend_name() != "sqlite":
        return nullcontext()
    return FileLock(f"{url.database}.lock", timeout=BUSY_TIMEOUT_MS / 1000)


@contextmanager
def patience(waiting_ms: int) -> Iterator[None]:
    """Inside, transactions of this thread wait no longer than this for another writer."""
    token = _waiting_ms.set(waiting_ms)
    try:
        yield
    finally:
        _waiting_ms.reset(token)


def prepare(engine: Engine) -> None:
    """Set the pragmas on each new connection, and begin writing transactions as such."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)


def _on_connect(connection: Any, record: Any) -> None:
    # Otherwise the driver begins transactions when it sees fit: too late, and not for DDL.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _on_begin(connection: Connection) -> None:
    # A transaction that reads first and then writes is refused at once when another one wrote in
    # between; one that says so at its beginning waits for its turn.
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {_waiting_ms.get()}")
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
