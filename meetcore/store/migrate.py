"""Runs Alembic's migrations, and reads the revision of a database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from meetcore.errors import StoreError

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(connection: Connection, revision: str = "head") -> None:
    """Run the missing migrations in the connection's transaction.

    Safe when two processes do it at once: the second waits for the first transaction's end and
    finds no migration missing.

    Raises
    ------
    alembic.util.CommandError
        A newer version made the database: its revision is unknown here.
    sqlalchemy.exc.SQLAlchemyError
        The database refused; the transaction is to be rolled back.
    """
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def is_at_head(connection: Connection) -> bool:
    """Whether no migration is missing; the database is only read."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == head


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    """Which revision a database is at, and which is the newest."""

    revision: str | None
    """None for a database without tables, or one that does not exist yet."""
    head: str
    """The newest revision of this version of Meetcore."""
    known: bool
    """Whether this version of Meetcore has `revision`."""


def migration_status(url: str) -> MigrationStatus:
    """The revision of a database; nothing is migrated or created.

    Raises
    ------
    StoreError
        The database cannot be read; the message says what to check.
    """
    script = ScriptDirectory.from_config(_config())
    head = script.get_current_head() or ""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
            return MigrationStatus(None, head, True)
        engine = create_engine(parsed, hide_parameters=True)
        try:
            with engine.connect() as connection:
                revision = MigrationContext.configure(connection).get_current_revision()
        finally:
            engine.dispose()
    except (SQLAlchemyError, ImportError) as error:
        raise StoreError(
            f"The database cannot be read ({type(error).__name__}). Check MEETCORE_DATABASE_URL,"
            " and that nothing else has locked or damaged the file."
        ) from None
    known = {each.revision for each in script.walk_revisions()}
    return MigrationStatus(revision, head, revision is None or revision in known)


def _config() -> Config:
    config = Config()
    # ConfigParser reads % as the start of a variable, and a path may hold one.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
