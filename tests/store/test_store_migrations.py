"""Migrations create the tables of the models, once, also when two processes start together."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from meetcore.errors import StoreError
from meetcore.store import sqlite
from meetcore.store.meetings import open_store
from meetcore.store.schema import Base
from meetcore.store.search import index

CHILDREN = ("speakers", "segments", "rejected", "jobs", "turns", "edits", "edit_requests")
TABLES = {"meetings", "alembic_version", "profiles", "clips", *CHILDREN}


def is_ours(name: str | None, kind: str, *_: object) -> bool:
    """Whether it is no table of the full-text index, which SQLite manages."""
    return not (kind == "table" and (name or "").startswith(index.TABLE))


def test_models_and_migrations_agree(url: str) -> None:
    open_store(url).close()
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_server_default": True, "include_name": is_ours}
        )
        assert compare_metadata(context, Base.metadata) == []
        names = inspect(connection).get_table_names()
        assert {name for name in names if is_ours(name, "table")} == TABLES
        for table in CHILDREN:
            (key,) = inspect(connection).get_foreign_keys(table)
            assert key["options"] == {"ondelete": "CASCADE"}
    engine.dispose()


def test_second_opening_changes_nothing(url: str) -> None:
    first = open_store(url)
    made = first.create_meeting("Standup")
    second = open_store(url)
    assert second.get(made.id) == made
    second.close()
    first.close()


def test_database_of_a_newer_version_is_refused_in_one_sentence(url: str) -> None:
    open_store(url).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match=r"newer Meetcore .* Update Meetcore"):
        open_store(url)


def test_a_folder_name_with_percent_and_blanks(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / '100% of it' / 'meet core.db'}")
    assert store.list_meetings() == []
    store.close()


def test_sqlite_is_set_up_on_every_connection(url: str) -> None:
    open_store(url).close()
    engine = create_engine(url)
    sqlite.configure(engine)
    pragmas = {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30_000, "synchronous": 1}
    with engine.connect() as one, engine.connect() as two:
        for connection in (one, two):
            for name, value in pragmas.items():
                assert connection.execute(text(f"PRAGMA {name}")).scalar() == value
    engine.dispose()


OPENER = """
import sys, time
from meetcore.store.meetings import open_store
print("ready", flush=True)
sys.stdin.readline()
store = open_store(sys.argv[1])
store.create_meeting("mine", meeting_id=sys.argv[2])
store.close()
"""


def test_processes_that_open_a_new_file_at_once_all_succeed(url: str) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER, url, f"meeting-{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    for child in children:
        _, errors = child.communicate(timeout=60)
        assert child.returncode == 0, errors
    store = open_store(url)
    assert len(store.list_meetings()) == 2
    store.close()


def test_raw_sql_is_in_two_modules() -> None:
    """Only sqlite.py and index.py build SQL from strings."""
    for path in Path(sqlite.__file__).parent.rglob("*.py"):
        if path.name in {"sqlite.py", "index.py"}:  # pragmas, and the index
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
                assert not {"text", "TextClause"} & {name.name for name in node.names}, path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in {"exec_driver_sql", "text"}, path
