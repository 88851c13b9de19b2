"""A migrated database, its short transactions, and the place where its errors are translated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic.util import CommandError
from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from meetcore.errors import StoreError
from meetcore.store import sqlite
from meetcore.store.migrate import migrate


class Database:
    """Hands out short transactions; safe from several threads, each with a session of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_closed = False
        self._readers = sessionmaker(engine, expire_on_commit=False)
        self._writers = sessionmaker(engine.execution_options(**{sqlite.WRITES: True}))

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only reads.

        Raises
        ------
        StoreError
            The database refuses, or was closed.
        """
        with self._translated("read"), self._readers.begin() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that writes, all of it or, when anything raises inside, nothing.

        Raises
        ------
        StoreError
            The database refuses, or was closed.
        """
        with self._translated("write"), self._writers.begin() as session:
            yield session

    def migrate(self) -> None:
        """Bring the tables up to this version.

        Raises
        ------
        StoreError
            A newer version made the database, or it refuses.
        """
        writer = self._engine.execution_options(**{sqlite.WRITES: True})
        url = self._engine.url
        with (
            self._translated("migration"),
            sqlite.opening(url),
            writer.begin() as connection,
        ):
            migrate(connection)

    def close(self) -> None:
        """Close every connection; a second call does nothing."""
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
    """The migrated database at a SQLAlchemy URL; a SQLite file and its folder are made.

    Raises
    ------
    StoreError
        The URL does not fit, the folder cannot be made, or the database cannot be migrated.
    """
    try:
        parsed = make_url(url)
        sqlite.make_folder(parsed)
        engine = create_engine(parsed)
    except (ArgumentError, ImportError) as error:
        raise StoreError(
            f"The database URL does not fit ({error}). Set MEETCORE_DATABASE_URL to one such as"
            " sqlite:////home/me/meetcore.db, and install the driver it names."
        ) from error
    except OSError as error:
        raise StoreError(
            f"The folder of the database {url} cannot be made ({error.strerror})."
            " Check its access rights, or set MEETCORE_DATA_DIR to another folder."
        ) from error
    sqlite.prepare(engine)
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
    # SQLAlchemy's own text repeats the statement with its values: words of the meeting.
    reason = error.orig if isinstance(error, DBAPIError) else type(error).__name__
    return StoreError(
        f"The database {where} refused a {what} ({reason})."
        " Check the free space and the access rights of its folder, then try again."
    )
