"""Brings a database to this version's tables; safe when two processes open it at once."""

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
    """Run every migration that is missing, in the transaction the connection is in.

    Whoever comes second waits for the first one's transaction and finds nothing left to do.

    Raises
    ------
    alembic.util.CommandError
        The database was made by a newer version.
    sqlalchemy.exc.SQLAlchemyError
        The database refuses.
    """
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a database stands among the migrations."""

    revision: str | None
    """None for one without tables, or that is not there yet."""
    head: str
    known: bool
    """Whether this version of Meetcore has that revision."""


def standing(url: str) -> Standing:
    """Look at a database without migrating it, and without making one.

    Raises
    ------
    StoreError
        It cannot be read.
    """
    script = ScriptDirectory.from_config(_config())
    head = script.get_current_head() or ""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
            return Standing(None, head, True)
        engine = create_engine(parsed)
        try:
            with engine.connect() as connection:
                revision = MigrationContext.configure(connection).get_current_revision()
        finally:
            engine.dispose()
    except (SQLAlchemyError, ImportError) as error:
        raise StoreError(
            f"The database cannot be read ({type(error).__name__}). Check MEETCORE_DATABASE_URL,"
            " and that nothing else has locked or damaged the file."
        ) from error
    known = {each.revision for each in script.walk_revisions()}
    return Standing(revision, head, revision is None or revision in known)


def _config() -> Config:
    config = Config()
    # ConfigParser reads % as the start of a variable, and a path may hold one.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
