"""Brings a database to this version's tables; safe when two processes open it at once."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

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
    config = Config()
    # ConfigParser reads % as the start of a variable, and a path may hold one.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
