"""SQLite only: pragmas, locks, and the file's folder.

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

from meetcore import private_files
from meetcore.errors import StoreError

BUSY_TIMEOUT_MS = 30_000
"""How long a writer waits for another one; migrating a large file takes seconds."""

_busy_timeout_ms: ContextVar[int] = ContextVar("busy_timeout_ms", default=BUSY_TIMEOUT_MS)

WRITES = "meetcore_writes"
"""Execution option of connections whose transactions write."""

_PRAGMAS = (
    # Readers and one writer at the same time.
    "PRAGMA journal_mode = WAL",
    # With WAL a power cut may lose the last transactions, never the file; the text can be
    # made again from the recording, which is synced on its own.
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
)


def make_folder(url: URL) -> None:
    """Create the folder of a SQLite file, and the file, for its user alone.

    Raises
    ------
    StoreError
        The URL names no file: each thread would get its own database in memory.
    OSError
        The folder or the file cannot be created.
    """
    if url.get_backend_name() != "sqlite":
        return
    if not url.database or ":memory:" in url.database:
        raise StoreError(
            f"The database URL {url} names no file. Use one such as sqlite:///meetcore.db."
        )
    file = Path(url.database)
    private_files.make_folder(file.parent)
    private_files.make_file(file)
    # SQLite gives those that it makes the access rights of the database.
    private_files.mend(file.with_name(file.name + ending) for ending in ("-wal", "-shm"))


def migration_lock(url: URL) -> AbstractContextManager[object]:
    """A lock held by one process at a time while it opens and migrates a file.

    Switching a new file to WAL fails with "database is locked" at once when two processes do it,
    whatever the busy timeout is.
    """
    if url.get_backend_name() != "sqlite":
        return nullcontext()
    timeout_s = BUSY_TIMEOUT_MS / 1000
    return FileLock(f"{url.database}.lock", timeout=timeout_s, mode=private_files.FILE_MODE)


@contextmanager
def busy_timeout(timeout_ms: int) -> Iterator[None]:
    """Within the block, transactions of this thread wait at most this long for another writer."""
    token = _busy_timeout_ms.set(timeout_ms)
    try:
        yield
    finally:
        _busy_timeout_ms.reset(token)


def configure(engine: Engine) -> None:
    """Set the pragmas on each new connection, and begin writing transactions with a write lock."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)


def _on_connect(connection: Any, record: Any) -> None:
    # Otherwise the driver begins transactions itself: too late, and not for DDL.
    connection.isolation_level = None
    # A damaged letter must not raise: the driver's error quotes the whole text.
    connection.text_factory = _text
    cursor = connection.cursor()
    # First, so that the following pragmas wait for a lock as well.
    cursor.execute(f"PRAGMA busy_timeout = {_busy_timeout_ms.get()}")
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "replace")


def _on_begin(connection: Connection) -> None:
    # A transaction that reads first and then writes fails at once when another one wrote in
    # between; BEGIN IMMEDIATE takes the write lock first and waits for it.
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {_busy_timeout_ms.get()}")
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
