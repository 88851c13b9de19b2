"""The database: opened and migrated, its transactions, and SQLAlchemy's errors as StoreError."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from alembic.util import CommandError
from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from meetcore.errors import StoreError
from meetcore.store import sqlite
from meetcore.store.migrate import migrate


class Database:
    """Opens transactions. May be used from any thread; each transaction has its own Session."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_closed = False
        self._readers = sessionmaker(engine, expire_on_commit=False)
        self._writers = sessionmaker(engine.execution_options(**{sqlite.WRITES: True}))
        self._shared: ContextVar[Session | None] = ContextVar("shared_session", default=None)
        """The session of `together`, on the thread that is inside its block."""

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read-only transaction.

        Raises
        ------
        StoreError
            The database refused the read, or it was closed.
        """
        if (shared := self._shared.get()) is not None:
            yield shared
            return
        with self._translated("read"), self._readers.begin() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that writes; rolled back when the block raises.

        Raises
        ------
        StoreError
            The database refused the write (nothing is saved; try again), or it was closed.
        """
        if (shared := self._shared.get()) is not None:
            yield shared
            shared.flush()
            return
        with self._translated("write"), self._writers.begin() as session:
            yield session

    @contextmanager
    def together(self) -> Iterator[None]:
        """One transaction for all reads and writes of this thread in the block: all or nothing.

        Raises
        ------
        StoreError
            The database refused; nothing of the block is saved.
        """
        with self.writing() as session:
            token = self._shared.set(session)
            try:
                yield
            finally:
                self._shared.reset(token)

    def migrate(self) -> None:
        """Run the migrations that are missing.

        Raises
        ------
        StoreError
            A newer Meetcore made the database, or the database refused; the message says what
            to do.
        """
        writer = self._engine.execution_options(**{sqlite.WRITES: True})
        url = self._engine.url
        with (
            self._translated("migration"),
            sqlite.migration_lock(url),
            writer.begin() as connection,
        ):
            migrate(connection)

    def close(self) -> None:
        """Close all connections; idempotent."""
        self._is_closed = True
        self._engine.dispose()

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        if self._is_closed:
            raise StoreError("The store is closed. Open it again.")
        try:
            yield
        except (SQLAlchemyError, CommandError, UnicodeError, OSError) as error:
            raise _store_error(what, self._engine.url, error) from error


def open_database(url: str) -> Database:
    """The database at a SQLAlchemy URL, migrated; a SQLite file and its folder are created.

    Raises
    ------
    StoreError
        The URL is not valid, the folder cannot be created, or a migration failed; the message
        says what to do.
    """
    try:
        parsed = make_url(url)
        sqlite.make_folder(parsed)
        engine = create_engine(parsed)
    except (ArgumentError, ImportError) as error:
        raise StoreError(
            f"The database URL is not valid ({error}). Set MEETCORE_DATABASE_URL to one such as"
            " sqlite:////home/me/meetcore.db, and install the driver it names."
        ) from error
    except OSError as error:
        raise StoreError(
            f"The folder of the database {url} cannot be made ({error.strerror})."
            " Check its access rights, or set MEETCORE_DATA_DIR to another folder."
        ) from error
    sqlite.configure(engine)
    database = Database(engine)
    try:
        database.migrate()
    except StoreError:
        database.close()
        raise
    return database


def _store_error(what: str, url: URL, error: Exception) -> StoreError:
    where = url.render_as_string(hide_password=True)
    if isinstance(error, CommandError):
        return StoreError(
            f"The database {where} was made by a newer Meetcore ({error})."
            " Update Meetcore, or set MEETCORE_DATABASE_URL to another database."
        )
    # SQLAlchemy's own message repeats the statement with its values: words of the meeting.
    reason = error.orig if isinstance(error, DBAPIError) else type(error).__name__
    return StoreError(
        f"The database {where} refused a {what} ({reason})."
        " Check the free space and the access rights of its folder, then try again."
    )
