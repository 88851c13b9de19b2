"""The database: opened and migrated, its transactions, and SQLAlchemy's errors as StoreError."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from alembic.util import CommandError
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from meetcore.errors import StoreError
from meetcore.store import sqlite
from meetcore.store.damage import DAMAGE
from meetcore.store.exchange import finish_exchange
from meetcore.store.migrate import is_at_head, migrate
from meetcore.store.sqlite_file import sqlite_path
from meetcore.store.store_errors import store_error, without_content

OPENING_MS = 1500
"""How long opening waits for another program's write; Meetcore's own take milliseconds."""


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
        with self._translated("migration"), sqlite.busy_timeout(OPENING_MS):
            if self._is_migrated():
                with writer.begin():
                    return  # it can be written
            with sqlite.migration_lock(self._engine.url), writer.begin() as connection:
                migrate(connection)

    def _is_migrated(self) -> bool:
        with self._engine.connect() as connection:
            return is_at_head(connection)

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
        except (SQLAlchemyError, CommandError, OSError, *DAMAGE) as error:
            raise store_error(what, self._engine.url, error) from without_content(error)


def open_database(url: str) -> Database:
    """The database at a SQLAlchemy URL, migrated; a SQLite file and its folder are created.

    Raises
    ------
    StoreError
        The URL is not valid, the folder cannot be created, a restore that was cut off cannot be
        finished, or a migration failed; the message says what to do.
    """
    try:
        parsed = make_url(url)
        if path := sqlite_path(url):
            finish_exchange(path)
        sqlite.make_folder(parsed)
        engine = create_engine(parsed, hide_parameters=True)
    except (ArgumentError, ImportError) as error:
        raise StoreError(
            f"The database URL is not valid ({error}). Set MEETCORE_DATABASE_URL to one such as"
            " sqlite:////home/me/meetcore.db, and install the driver it names."
        ) from error
    except OSError as error:
        raise StoreError(
            f"The folder of the database {url} cannot be made or written ({error.strerror})."
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
