"""A real database that fails at a chosen write, or kills its process after one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from meetcore.store import sqlite
from meetcore.store.database import Database
from meetcore.store.meetings import MeetingStore


class Killed(BaseException):
    """Stands for SIGKILL: nothing that handles errors handles it."""


class Fault(StrEnum):
    """Why a database refuses, each brought about in SQLite itself."""

    LOCKED = "another connection holds the write lock"
    FULL = "no page can be added"
    READ_ONLY = "nothing can be written"


class FaultyDatabase(Database):
    """Counts the transactions that write; several calls in `together` are one."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.n_writes = 0
        self.kill_after: int | None = None
        """The number, from 1, of the write whose commit is the last thing that happens."""
        self.refuse: range = range(0)
        """Numbers, from 1, of the writes that fail."""
        self.fault = Fault.LOCKED
        self.n_refused = 0

    @contextmanager
    def writing(self) -> Iterator[Session]:
        if self._shared.get() is not None:
            with super().writing() as session:
                yield session
            return
        self.n_writes += 1
        number = self.n_writes
        if number in self.refuse:
            with self._failing() as session:
                yield session
            return
        with super().writing() as session:
            yield session
        if number == self.kill_after:
            raise Killed

    @contextmanager
    def _failing(self) -> Iterator[Session]:
        """A transaction that fails as SQLite does; where nothing hit the fault, at its end."""
        self.n_refused += 1
        if self.fault is Fault.LOCKED:
            other = sqlite3.connect(str(self._engine.url.database), isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            try:
                with sqlite.busy_timeout(1), super().writing() as session:
                    yield session
            finally:
                other.close()
            return
        with super().writing() as session:
            try:
                self._break(session)
                yield session
                session.flush()
                # A change that needs no new page fits a full disk.
                raise OSError(28, "No space left on device")
            finally:
                session.rollback()
                with self._engine.connect() as connection:
                    connection.execute(text("PRAGMA query_only = OFF"))
                    connection.execute(text("PRAGMA max_page_count = 1073741823"))

    def _break(self, session: Session) -> None:
        if self.fault is Fault.READ_ONLY:
            session.execute(text("PRAGMA query_only = ON"))
        else:
            pages = session.scalar(text("PRAGMA page_count"))
            session.execute(text(f"PRAGMA max_page_count = {pages}"))


def faulty_store(file: Path) -> tuple[MeetingStore, FaultyDatabase]:
    """A store on a migrated database, whose writes can be made to fail."""
    engine = create_engine(f"sqlite:///{file}")
    sqlite.configure(engine)
    database = FaultyDatabase(engine)
    return MeetingStore(database), database
