"""Each day a whole copy of the database; older ones go only when a newer one is there."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from meetcore.errors import StoreError
from meetcore.service import daily_copies, housekeeping
from meetcore.service.daily_copies import DailyCopies, copies_in
from meetcore.service.make_backup import make_backup
from meetcore.settings import Settings
from meetcore.store.meetings import open_store
from tests.support.service_fixtures import Open
from tests.support.stand_ins import RefusingStore, until

TODAY = date(2026, 11, 26)


@pytest.fixture
def settings(settings_for: Callable[..., Settings], tmp_path: Path) -> Settings:
    return settings_for(tmp_path)


def days(settings: Settings) -> list[str]:
    return [path.name[9:-3] for path in copies_in(settings.data_dir / "copies")]


def test_a_copy_a_day_and_the_last_seven_are_kept(settings: Settings) -> None:
    store = open_store(settings.database)
    for number in range(10):
        store.create_meeting("Standup", meeting_id=f"m{number}")
        for _ in range(2):
            DailyCopies(settings).make(TODAY + timedelta(days=number))
    assert len(days(settings)) == 7 and days(settings)[0] == "2026-12-05"
    copy = open_store(f"sqlite:///{copies_in(settings.data_dir / 'copies')[-1]}")
    assert len(copy.list_meetings()) == 4, "as it was that day"
    copy.close()
    store.close()


def test_none_where_they_are_switched_off(
    settings_for: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, daily_copies=0)
    open_store(settings.database).close()
    DailyCopies(settings).make(TODAY)
    assert days(settings) == []


def test_a_damaged_database_replaces_no_older_copy(settings: Settings) -> None:
    store = open_store(settings.database)
    for number in range(200):
        store.create_meeting("Standup" * 20, meeting_id=f"m{number}")
    for number in range(7):
        DailyCopies(settings).make(TODAY + timedelta(days=number))
    store.close()
    file = settings.data_dir / "meetcore.db"
    content = bytearray(file.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    file.write_bytes(content)
    before = days(settings)
    with pytest.raises(StoreError):
        DailyCopies(settings).make(TODAY + timedelta(days=9))
    assert days(settings) == before
    assert not list((settings.data_dir / "copies").glob("*.part"))


def test_a_page_that_is_lost_replaces_no_older_copy_and_no_backup(
    settings: Settings, tmp_path: Path
) -> None:
    """What is left of the damaged database would make a copy that is sound, and smaller."""
    store = open_store(settings.database)
    for number in range(200):
        store.create_meeting("Standup" * 20, meeting_id=f"m{number}")
    store.close()
    for number in range(7):
        DailyCopies(settings).make(TODAY + timedelta(days=number))
    before = days(settings)
    file = settings.data_dir / "meetcore.db"
    with closing(sqlite3.connect(file)) as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'meetings'"
        ).fetchone()
    content = bytearray(file.read_bytes())
    empty_leaf = bytes([13, 0, 0, 0, 0, 16, 0, 0])
    content[(root - 1) * 4096 : root * 4096] = empty_leaf + bytes(4096 - len(empty_leaf))
    file.write_bytes(content)
    with pytest.raises(StoreError, match=r"is damaged .+ check --repair"):
        DailyCopies(settings).make(TODAY + timedelta(days=9))
    assert days(settings) == before
    with pytest.raises(StoreError, match=r"is damaged .+ check --repair"):
        make_backup(settings, tmp_path / "all.zip", lambda done: None)
    assert not list(tmp_path.glob("*all.zip*"))


def test_no_space_is_taken_from_recordings(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(settings.database).close()
    monkeypatch.setattr(daily_copies, "KEPT_BYTES", 2**60)
    with pytest.raises(StoreError, match="no space left"):
        DailyCopies(settings).make(TODAY)


def test_writers_go_on_while_a_copy_is_made(settings: Settings) -> None:
    store = open_store(settings.database)
    stopping, made = threading.Event(), [0]

    def write() -> None:
        while not stopping.is_set():
            store.create_meeting("Standup" * 50, meeting_id=f"m{made[0]}")
            made[0] += 1

    thread = threading.Thread(target=write)
    thread.start()
    until(lambda: made[0] > 20)
    for number in range(5):
        DailyCopies(settings).make(TODAY + timedelta(days=number))
    stopping.set()
    thread.join()
    for path in copies_in(settings.data_dir / "copies"):
        copy = open_store(f"sqlite:///{path}")
        ids = {meeting.id for meeting in copy.list_meetings(limit=10_000)}
        assert ids == {f"m{number}" for number in range(len(ids))}, "as of one moment"
        copy.close()
    store.close()


def test_the_server_makes_one_and_survives_a_failure(
    open_service: Open, store: RefusingStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "EVERY_S", 0.02)
    calls: list[date] = []
    whole = DailyCopies.make

    def make(copies: DailyCopies, today: date) -> None:
        calls.append(today)
        if len(calls) == 1:
            raise ZeroDivisionError
        whole(copies, today)

    monkeypatch.setattr(DailyCopies, "make", make)
    open_store(f"sqlite:///{tmp_path / 'data' / 'meetcore.db'}").close()
    open_service().recover()
    until(lambda: len(copies_in(tmp_path / "data" / "copies")) == 1)
