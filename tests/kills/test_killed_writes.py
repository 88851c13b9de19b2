"""Migrations and exports whose process is killed: done, or not begun."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from meetcore.records import MeetingState, Segment, Stage, Transcript, Turn, Word
from meetcore.settings import Settings
from meetcore.store import sqlite as store_sqlite
from meetcore.store.meetings import MeetingStore, open_store
from meetcore.store.migrate import migrate, migration_status
from tests.kills import victims
from tests.kills.killing import KILLS, Figure, is_intact, killed_after, undisturbed

pytestmark = pytest.mark.long


def old_database(path: Path, n_meetings: int = 90) -> list[tuple[str, int]]:
    """A database of the first version, with meetings; how many segments each has."""
    engine = create_engine(f"sqlite:///{path}")
    store_sqlite.configure(engine)
    with engine.begin() as connection:
        migrate(connection, "0001")
    engine.dispose()
    connection = sqlite3.connect(path)
    columns = {row[1]: row[2] for row in connection.execute("PRAGMA table_info(meetings)")}
    of_segments = {row[1] for row in connection.execute("PRAGMA table_info(segments)")}
    for number in range(n_meetings):
        row = {
            "id": f"m{number}",
            "title": f"Meeting {number}",
            "state": "done",
            "created_at": f"2026-01-01 00:{number // 60:02}:{number % 60:02}.000000",
            "transcript_stage": "final",
            **{
                name: 0 if kind.startswith(("BIGINT", "INT", "DOUBLE")) else ""
                for name, kind in columns.items()
                if name in ("duration_samples", "detail", "recognizer", "progress")
            },
        }
        insert(connection, "meetings", {key: row[key] for key in row if key in columns})
        for position in range(10):
            words = [[f" word{position}", position, position + 0.5, 0.9]]
            segment = {
                "meeting_id": f"m{number}",
                "stage": "final",
                "position": position,
                "start": position,
                "end": position + 0.5,
                "words": json.dumps(words),
                "text": f"word{position}",
            }
            insert(connection, "segments", {k: v for k, v in segment.items() if k in of_segments})
    connection.commit()
    connection.close()
    return [(f"m{number}", 10) for number in range(n_meetings)]


def insert(connection: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    """Insert a row by column names."""
    places = ", ".join("?" * len(row))
    connection.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", tuple(row.values())
    )


def test_a_migration_is_done_or_not_begun(
    tmp_path: Path, moments: random.Random, figure: Figure
) -> None:
    template = tmp_path / "template"
    template.mkdir()
    expected = old_database(template / "meetcore.db")
    revision = migration_status(f"sqlite:///{template / 'meetcore.db'}").revision
    shutil.copytree(template, tmp_path / "whole")
    _, took = undisturbed(victims.migrate, tmp_path / "whole")
    kills = unfinished = 0
    for number in range(2 * KILLS):
        folder = tmp_path / str(number)
        shutil.copytree(template, folder)
        _, code = killed_after(moments.uniform(0, took), victims.migrate, folder)
        kills += code == -9
        url = f"sqlite:///{folder / 'meetcore.db'}"
        status = migration_status(url)
        assert status.revision in (revision, status.head)
        unfinished += status.revision == revision
        store = open_store(url)
        found = [(m.id, len(store.transcript(m.id).segments)) for m in store.list_meetings()]
        store.close()
        assert sorted(found) == sorted(expected)
        assert is_intact(folder / "meetcore.db")
        shutil.rmtree(folder)
    assert kills >= 20
    figure(f"{kills} kills of a migration, {unfinished} before its end: all or nothing")


def conversation(store: MeetingStore) -> str:
    """A stored meeting of 2,000 segments."""
    made = store.create_meeting("Export", state=MeetingState.DONE)
    segments = [
        Segment(n, n + 0.9, f"S{n % 3 + 1}", (Word(f" word{n}", n, n + 0.9, 1.0),))
        for n in range(2000)
    ]
    store.replace_transcript(made.id, Transcript(tuple(segments), stage=Stage.FINAL))
    store.replace_turns(made.id, [Turn(n, n + 0.9, f"S{n % 3 + 1}") for n in range(2000)])
    store.update(made.id, duration=2000.0)
    return made.id


@pytest.mark.parametrize("format_name", ["docx", "srt"])
def test_an_export_is_whole_or_not_there(
    tmp_path: Path,
    moments: random.Random,
    figure: Figure,
    format_name: str,
) -> None:
    store = open_store(Settings(_env_file=None, data_dir=tmp_path / "data").database)
    meeting_id = conversation(store)
    store.close()
    whole = 0
    for number in range(KILLS):
        folder = tmp_path / str(number)
        arguments = (folder, meeting_id, format_name)
        _, code = killed_after(moments.uniform(0, 1.0), victims.export, *arguments)
        assert code == -9
        for path in (folder / "out").rglob(f"*.{format_name}") if folder.exists() else ():
            if format_name == "docx":
                with zipfile.ZipFile(path) as file:
                    assert file.testzip() is None
            else:
                assert "word1999" in path.read_text(encoding="utf-8")
            whole += 1
    assert whole
    figure(f"{KILLS} kills of exports as {format_name}: {whole} files, all of them whole")
