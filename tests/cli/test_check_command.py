"""`check`, `backup` and `restore` as they are typed: what they print, and their exit status."""

from __future__ import annotations

import os
import random
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from meetcore.audio.recording import RecordingReader
from meetcore.cli.main import main
from meetcore.records import MeetingState
from meetcore.service.daily_copies import DailyCopies, copies_in
from meetcore.settings import Settings
from meetcore.store.meetings import open_store
from meetcore.store.repair import Repair
from tests.service.test_backup import record
from tests.store.test_damaged_rows import SECRETS, fill


@pytest.fixture
def settings(
    settings_for: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """A data folder with two meetings and their recordings."""
    settings = settings_for(tmp_path)
    monkeypatch.setenv("MEETCORE_DATA_DIR", str(settings.data_dir))
    store = open_store(settings.database)
    fill(store)
    store.close()
    record(settings, "m1", 4.0, flac=True)
    record(settings, "m2", 3.0)
    return settings


def change(settings: Settings, statement: str) -> None:
    with closing(sqlite3.connect(settings.data_dir / "meetcore.db")) as connection, connection:
        connection.execute(statement)


def test_all_is_well(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    printed = capsys.readouterr()
    assert printed.out == "" and "2 meetings and 2 recordings were read; 0 problems" in printed.err


def test_without_a_database_nothing_can_be_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MEETCORE_DATA_DIR", str(tmp_path / "none"))
    assert main(["check"]) == 2
    assert "There is no database" in capsys.readouterr().err


def test_repairs_need_the_app_to_be_stopped(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with FileLock(settings.data_dir / "owner.lock"):
        assert main(["check", "--repair"]) == 2
        assert "Stop it" in capsys.readouterr().err
        assert main(["check"]) == 0, "reading is possible meanwhile"


DAMAGES = (
    ("UPDATE segments SET words = '[[\"xyl' WHERE meeting_id = 'm1'", "transcript"),
    ("UPDATE segments SET start = 'x', speaker = x'ff' WHERE meeting_id = 'm1'", "transcript"),
    (
        "UPDATE segments SET words = 7, text = x'00', [end] = 'x' WHERE meeting_id = 'm1'",
        "transcript",
    ),
    ("UPDATE meetings SET state = 'x', duration_samples = 'y' WHERE id = 'm1'", "entry"),
    ("UPDATE turns SET turns = '{' WHERE meeting_id = 'm1'", "who spoke when"),
    ("UPDATE jobs SET options = 'x' WHERE meeting_id = 'm1'", "job"),
    ("UPDATE speakers SET name = x'ff' WHERE meeting_id = 'm1'", "list of speakers"),
    ("UPDATE rejected SET start = 'x' WHERE meeting_id = 'm1'", "held back"),
    ("DELETE FROM spoken WHERE rowid IN (SELECT rowid FROM spoken LIMIT 3)", "search index"),
)


@pytest.mark.parametrize("statement, named", DAMAGES)
def test_damaged_rows_are_found_and_mended(
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    statement: str,
    named: str,
) -> None:
    change(settings, statement)
    assert main(["check"]) == 1
    printed = capsys.readouterr()
    assert named in printed.out and len(printed.out.splitlines()) == 1
    assert "search" in named or "Meeting m1" in printed.out
    assert main(["check", "--repair"]) == 0
    repaired = capsys.readouterr().out
    assert repaired.startswith("Repaired: ")
    assert main(["check"]) == 0
    for secret in SECRETS:
        assert secret not in printed.out + printed.err + repaired + caplog.text
    store = open_store(settings.database)
    assert len(store.transcript("m1").segments) == len(store.transcript("m2").segments) == 8
    if "words = '[[" in statement:
        assert store.transcript("m1").segments[0].text == store.transcript("m2").segments[0].text
    assert store.library.hits(SECRETS[0])
    store.close()


def test_a_recording_without_a_meeting_gets_one(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    record(settings, "20240102-030405-abcdef", 2.0)
    (settings.recordings_dir / "empty").mkdir()
    (settings.recordings_dir / "empty" / "job.lock").touch()
    kept = settings.recordings_dir / "notes"
    kept.mkdir()
    (kept / "somebody's.txt").write_text("mine")
    assert main(["check"]) == 1
    assert "20240102-030405-abcdef has no meeting" in capsys.readouterr().out
    main(["check", "--repair"])
    store = open_store(settings.database)
    found = store.get("20240102-030405-abcdef")
    store.close()
    assert (found.state, found.duration) == (MeetingState.INTERRUPTED, 2.0)
    assert found.created_at.isoformat() == "2024-01-02T03:04:05+00:00"
    assert not (settings.recordings_dir / "empty").exists()
    assert (kept / "somebody's.txt").read_text() == "mine"
    assert RecordingReader(settings.recordings_dir / found.id).n_samples == 32_000


def test_folders_that_are_not_ours_stay(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    recordings = settings.recordings_dir
    record(settings, "m1 (copy)", 1.0)
    record(settings, f"before-restore-20260101-000000-000000/{'20240102-030405-abcdef'}", 1.0)
    (recordings / "lost+found").mkdir()
    for name in ("Notes of Anna", "Anna"):
        (recordings / name).mkdir()
        (recordings / name / "film.mp4.part").write_bytes(b"mine")
    remains = recordings / "20240102-030405-000000"
    remains.mkdir()
    for name in ("audio.flac.part", "job.lock"):
        (remains / name).touch()
    before = sorted(path for path in recordings.rglob("*") if remains not in (path, path.parent))
    assert main(["check", "--repair"]) == 0
    assert capsys.readouterr().out == f"Repaired: The folder {remains.name} is empty.\n"
    assert sorted(recordings.rglob("*")) == before
    assert main(["check"]) == 0


def test_meetings_that_come_and_go_meanwhile_are_not_accused(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Repair.index_is_sound

    def meanwhile(repair: Repair) -> bool:
        store = open_store(settings.database)
        store.delete("m1")
        shutil.rmtree(settings.recordings_dir / "m1")
        store.create_meeting("Live", meeting_id="m3")
        store.close()
        record(settings, "m3", 1.0)
        return real(repair)

    monkeypatch.setattr(Repair, "index_is_sound", meanwhile)
    assert main(["check"]) == 0
    assert capsys.readouterr().out == ""


def test_a_meeting_deleted_before_its_rows_are_read_is_skipped(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Repair.meeting_ids
    monkeypatch.setattr(Repair, "meeting_ids", lambda repair: ["gone", *real(repair)])
    assert main(["check"]) == 0
    assert capsys.readouterr().out == ""


def test_damaged_and_missing_recordings_are_named(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    flac = settings.recordings_dir / "m1" / "audio.flac"
    content = bytearray(flac.read_bytes())
    flac.write_bytes(content[: len(content) // 3])
    (settings.recordings_dir / "m2" / "audio.pcm").unlink()
    change(settings, "UPDATE meetings SET duration_samples = 48000 WHERE id = 'm2'")
    assert main(["check"]) == main(["check", "--repair"]) == 1
    out = capsys.readouterr().out
    assert "Meeting m1" in out and "Meeting m2: its recording is missing" in out
    assert flac.exists()


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_file_gives_back_what_is_intact(
    settings: Settings, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    file = settings.data_dir / "meetcore.db"
    change(settings, "PRAGMA user_version = 1")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        rows = connection.execute("SELECT count(*) FROM segments").fetchone()[0]
    content = bytearray(file.read_bytes())
    page = random.Random(seed).randrange(1, len(content) // 4096) * 4096
    content[page : page + 4096] = b"\xa5" * 4096
    file.write_bytes(content)
    status = main(["check", "--repair"])
    printed = capsys.readouterr()
    assert not [secret for secret in SECRETS if secret in printed.out + printed.err]
    if status == 2:
        assert "Restore the newest copy" in printed.err or "cannot be" in printed.err
        assert file.exists()
        return
    assert "database is damaged" in printed.out
    assert len(list(settings.data_dir.glob("meetcore.db.damaged-*"))) >= 1
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        kept = connection.execute("SELECT count(*) FROM segments").fetchone()[0]
    assert 0 <= kept <= rows
    main(["check", "--repair"])
    assert main(["check"]) == 0


def lose_the_meetings(settings: Settings, count: int) -> Path:
    """Add meetings and a daily copy, then damage the page of some entries; the copy."""
    store = open_store(settings.database)
    for number in range(count):
        store.create_meeting("Standup" * 40, meeting_id=f"x{number:03}")
    store.close()
    file = settings.data_dir / "meetcore.db"
    DailyCopies(settings).make(date(2026, 11, 25))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    content = bytearray(file.read_bytes())
    page = content.find(b"StandupStandup") // 4096 * 4096
    content[page : page + 4096] = b"\xa5" * 4096
    file.write_bytes(content)
    return copies_in(settings.data_dir / "copies")[0]


def test_what_was_lost_is_said(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    copy = lose_the_meetings(settings, 60)
    assert main(["check", "--repair"]) == 1
    printed = capsys.readouterr().out
    (old,) = settings.data_dir.glob("meetcore.db.damaged-*")
    found = re.search(r"(\d+) of at least 62 meetings were given back", printed)
    assert found and 0 < int(found[1]) < 62
    assert str(old) in printed and f"{copy.name} has 62 meetings" in printed
    store = open_store(settings.database)
    recovered = 2  # m1 and m2, of their recordings
    assert len(store.repair.meeting_ids()) == int(found[1]) + recovered
    store.close()


def test_a_full_disk_leaves_the_damaged_database(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_the_meetings(settings, 400)
    file = settings.data_dir / "meetcore.db"
    before, real = file.read_bytes(), sqlite3.connect

    def connect(target: Any, **options: Any) -> sqlite3.Connection:
        connection = real(target, **options)
        if str(target).endswith(".salvaged"):
            connection.execute("PRAGMA max_page_count = 70")
        return connection

    monkeypatch.setattr("meetcore.store.salvage.sqlite3.connect", connect)
    assert main(["check", "--repair"]) == 2
    assert "cannot be written beside it (SQLITE_FULL)" in capsys.readouterr().err
    assert file.read_bytes() == before
    assert not list(settings.data_dir.glob("*.damaged-*"))
    assert not list(settings.data_dir.glob("*.salvaged*")), "the full disk gets its space back"


def test_a_repair_that_is_cut_off_is_finished(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_the_meetings(settings, 60)

    class Killed(BaseException):
        pass

    real = os.rename

    def rename(source: Any, target: Any) -> None:
        if str(source).endswith(".salvaged"):
            raise Killed
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(Killed):
        main(["check", "--repair"])
    monkeypatch.setattr(os, "rename", real)
    store = open_store(settings.database)
    assert len(store.repair.meeting_ids()) > 40
    store.close()


def test_a_database_that_is_open_elsewhere_is_not_replaced(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    lose_the_meetings(settings, 60)
    with closing(sqlite3.connect(settings.data_dir / "meetcore.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM alembic_version").fetchone()
        assert main(["check", "--repair"]) == 2
    assert "Another program has the database" in capsys.readouterr().err
    assert not list(settings.data_dir.glob("*.damaged-*"))


def test_backup_and_restore_as_typed(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "all.zip"
    assert main(["backup", str(file)]) == 0
    assert "2 recordings, read again and found equal" in capsys.readouterr().err
    assert main(["backup", str(file)]) == 1
    assert main(["backup", str(file), "--force"]) == 0
    assert main(["restore", str(file)]) == 1
    monkeypatch.setenv("MEETCORE_DATA_DIR", str(tmp_path / "elsewhere"))
    assert main(["restore", str(file)]) == 0
    assert "2 recordings are back" in capsys.readouterr().err
    assert main(["check"]) == 0
