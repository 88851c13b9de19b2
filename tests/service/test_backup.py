"""Backups: whole while the app runs, equal after the way back, harmless whatever is in the file."""

from __future__ import annotations

import errno
import io
import json
import os
import random
import shutil
import stat
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock

from meetcore.audio.compact import compact
from meetcore.audio.recording import RecordingReader, RecordingWriter
from meetcore.cli.main import main
from meetcore.errors import MeetcoreError, SettingsError, StoreError
from meetcore.records import Job, JobStage, JobState
from meetcore.service import backup_file, make_backup, restore_backup
from meetcore.service.backup_file import BackupError
from meetcore.settings import Settings
from meetcore.store.meetings import open_store
from meetcore.store.sqlite_file import copy_database
from tests.store.test_damaged_rows import fill
from tests.support.stand_ins import talk, until


def nothing(done: float) -> None:
    assert 0.0 <= done <= 1.0


def record(settings: Settings, meeting_id: str, seconds: float, flac: bool = False) -> None:
    folder = settings.recordings_dir / meeting_id
    writer = RecordingWriter(folder, fsync_s=1)
    writer.append(talk(seconds))
    writer.close()
    if flac:
        compact(folder)


@pytest.fixture
def settings(settings_for: Callable[..., Settings], tmp_path: Path) -> Settings:
    """A data folder with two meetings, two recordings and an upload that failed."""
    settings = settings_for(tmp_path)
    store = open_store(settings.database)
    fill(store)
    record(settings, "m1", 4.0, flac=True)
    record(settings, "m2", 3.0)
    source = settings.recordings_dir / "m2" / "upload"
    source.write_bytes(b"some film")
    store.jobs.put(Job("m2", JobState.FAILED, JobStage.DECODING, source_path=str(source)))
    store.close()
    (settings.recordings_dir / "m2" / "job.lock").touch()
    return settings


@pytest.fixture
def elsewhere(settings_for: Callable[..., Settings], tmp_path: Path) -> Settings:
    return settings_for(tmp_path / "elsewhere")


def backup(settings: Settings, path: Path, **options: Any) -> Path:
    make_backup.make_backup(settings, path, nothing, **options)
    return path


def state(settings: Settings) -> dict[str, Any]:
    """All that is stored."""
    store = open_store(settings.database)
    found: dict[str, Any] = {"profiles": [each.name for each in store.profiles.list()]}
    for meeting in store.list_meetings():
        pcm = RecordingReader(settings.recordings_dir / meeting.id).read_pcm()
        found[meeting.id] = (meeting, store.transcript(meeting.id), pcm.tobytes())
    store.close()
    return found


def test_everything_comes_back_equal(
    settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    path = backup(settings, tmp_path / "all.zip")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    contents = restore_backup.restore_backup(elsewhere, path, nothing)
    assert contents.n_recordings == 2
    assert state(elsewhere) == state(settings)
    store = open_store(elsewhere.database)
    job = store.jobs.get("m2")
    assert job is not None and job.source_path is not None
    assert Path(job.source_path).read_bytes() == b"some film"
    assert Path(job.source_path).is_relative_to(elsewhere.data_dir)
    store.close()
    assert not list(tmp_path.glob(".*")), "nothing temporary is left"
    assert not (elsewhere.data_dir / ".restoring").exists()


def test_an_older_backup_is_replaced_only_on_request(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(b"older")
    with pytest.raises(BackupError, match="--force"):
        backup(settings, path)
    assert path.read_bytes() == b"older"
    backup(settings, path, force=True)
    backup_file.verify(path, nothing)


@pytest.mark.parametrize(
    "name", ["meetcore.db", "meetcore.db-wal", "recordings/m1/audio.flac", "copies/x.db", "a/../b"]
)
def test_no_file_of_ours_is_replaced_by_a_backup(settings: Settings, name: str) -> None:
    path = settings.data_dir / name
    before = state(settings)
    if name == "a/../b":
        path.parent.parent.mkdir()
        backup(settings, path.resolve(), force=True)
    else:
        with pytest.raises(BackupError, match="Choose another place"):
            backup(settings, path, force=True)
    assert state(settings) == before


def test_remains_of_killed_backups_go_a_day_later(settings: Settings, tmp_path: Path) -> None:
    names = (".b.zip.meetcore-part", ".b.zip.meetcore-db", ".b.zip.meetcore-db.part", ".c.part")
    for name in names:
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / ".d.zip.meetcore-part").write_bytes(b"of another backup")
    backup(settings, tmp_path / "all.zip")
    assert {path.name for path in tmp_path.glob(".*")} == {".c.part", ".d.zip.meetcore-part"}


@pytest.mark.parametrize("where", ["open", "read"])
def test_a_recording_that_cannot_be_read_is_left_out(
    settings: Settings,
    elsewhere: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    where: str,
) -> None:
    bad = settings.recordings_dir / "m1" / "audio.flac"
    real = Path.open

    class Failing(io.BytesIO):
        def __init__(self, file: Any) -> None:
            super().__init__()
            self._file = file

        def fileno(self) -> int:
            return int(self._file.fileno())

        def read(self, size: int | None = -1) -> bytes:
            if self._file.tell():
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return bytes(self._file.read(10))

    def opened(path: Path, *arguments: Any, **options: Any) -> Any:
        if path != bad:
            return real(path, *arguments, **options)
        if where == "open":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return Failing(real(path, *arguments, **options))

    monkeypatch.setattr(Path, "open", opened)
    monkeypatch.setenv("MEETCORE_DATA_DIR", str(settings.data_dir))
    path = tmp_path / "all.zip"
    assert main(["backup", str(path)]) == 1
    assert "Meeting m1: a file of its recording cannot be read" in capsys.readouterr().err
    monkeypatch.undo()
    contents = restore_backup.restore_backup(elsewhere, path, nothing)
    assert contents.left_out == ("m1",) and contents.n_recordings == 1
    assert state(elsewhere)["m2"] == state(settings)["m2"]
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert "recordings/m1/audio.flac" not in archive.namelist()


def test_meetings_that_exist_are_kept_beside(settings: Settings, tmp_path: Path) -> None:
    path = backup(settings, tmp_path / "all.zip")
    before = state(settings)
    store = open_store(settings.database)
    store.create_meeting("Newer", meeting_id="m3")
    store.close()
    record(settings, "m3", 1.0)
    with pytest.raises(BackupError, match="kept beside"):
        restore_backup.restore_backup(settings, path, nothing)
    assert "m3" in state(settings)
    restore_backup.restore_backup(settings, path, nothing, force=True)
    assert state(settings) == before
    (kept,) = settings.data_dir.glob("before-restore-*")
    assert RecordingReader(kept / "recordings" / "m3").n_samples == 16_000
    old = open_store(f"sqlite:///{kept / 'meetcore.db'}")
    assert old.get("m3").title == "Newer"
    old.close()


@pytest.mark.parametrize("kind", ["mount", "link"])
@pytest.mark.parametrize("fails", [False, True])
def test_recordings_on_another_disk_are_exchanged_one_by_one(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, fails: bool
) -> None:
    path = backup(settings, tmp_path / "all.zip")
    recordings = settings.recordings_dir
    if kind == "link":
        recordings.rename(tmp_path / "disk")
        recordings.symlink_to(tmp_path / "disk")
    (recordings / "lost+found").mkdir()
    store = open_store(settings.database)
    store.create_meeting("Newer", meeting_id="m3")
    store.close()
    record(settings, "m3", 1.0)
    before = state(settings)
    real = os.rename

    def rename(source: Any, target: Any) -> None:
        """As the system renames where the recordings are a mount point."""
        inside = [Path(each).is_relative_to(recordings) for each in (source, target)]
        if recordings in (Path(source), Path(target)):
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        if fails and Path(source) == settings.data_dir / ".restoring" / "meetcore.db":
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        if kind == "mount" and inside[0] != inside[1]:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)
    if fails:
        with pytest.raises(BackupError):
            restore_backup.restore_backup(settings, path, nothing, force=True)
        monkeypatch.undo()
        assert state(settings) == before
        return
    restore_backup.restore_backup(settings, path, nothing, force=True)
    assert set(state(settings)) == {"profiles", "m1", "m2"}
    assert (recordings / "lost+found").is_dir()
    (kept,) = recordings.glob("before-restore-*")
    assert RecordingReader(kept / "m3").n_samples == 16_000
    assert recordings.is_symlink() is (kind == "link")


def test_a_daily_copy_comes_back_and_leaves_the_recordings(settings: Settings) -> None:
    copy = settings.data_dir / "copies" / "meetcore-2026-11-25.db"
    copy.parent.mkdir()
    copy_database(settings.data_dir / "meetcore.db", copy)
    before = state(settings)
    store = open_store(settings.database)
    store.delete("m1")
    store.close()
    restore_backup.restore_backup(settings, copy, nothing, force=True)
    assert state(settings) == before and copy.exists()


def test_nothing_is_taken_back_under_a_running_app(settings: Settings, tmp_path: Path) -> None:
    path = backup(settings, tmp_path / "all.zip")
    with (
        FileLock(settings.data_dir / "owner.lock"),
        pytest.raises(BackupError, match="Stop it, then"),
    ):
        restore_backup.restore_backup(settings, path, nothing, force=True)


def test_nothing_is_taken_back_under_another_program(settings: Settings, tmp_path: Path) -> None:
    """`transcribe` does not take the lock of the app."""
    path = backup(settings, tmp_path / "all.zip")
    before = state(settings)
    store = open_store(settings.database)
    try:
        with pytest.raises(StoreError, match=r"Another program has .+ open"):
            restore_backup.restore_backup(settings, path, nothing, force=True)
        store.create_meeting("Transcribed", meeting_id="m3")
    finally:
        store.close()
    after = state(settings)
    assert after.pop("m3") and after == before
    assert not list(settings.data_dir.glob("before-restore-*"))


def test_a_restore_is_undone_with_what_was_in_the_log_only(
    settings: Settings, tmp_path: Path
) -> None:
    """The database beside is as a killed process leaves it."""
    kept = tmp_path / "kept"
    store = open_store(settings.database)
    store.create_meeting("In the log", meeting_id="m3")
    shutil.copytree(settings.data_dir, kept)
    store.close()
    assert (kept / "meetcore.db-wal").stat().st_size
    (kept / "meetcore.db-shm").unlink(missing_ok=True)
    for path in settings.data_dir.glob("meetcore.db*"):
        path.unlink()
    restore_backup.restore_backup(settings, kept / "meetcore.db", nothing)
    assert "m3" in state(settings)


def test_a_backup_of_a_newer_version_is_refused(
    settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(settings.data_dir / "meetcore.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    path = backup(settings, tmp_path / "all.zip")
    with pytest.raises(BackupError, match=r"newer Meetcore\. Update"):
        restore_backup.restore_backup(elsewhere, path, nothing)
    assert not (elsewhere.data_dir / "meetcore.db").exists()


BAD_NAMES = (
    "../outside",
    "/etc/outside",
    "recordings/../../outside",
    "recordings/m1/../../../outside",
    "recordings\\m1\\outside",
    "recordings/m1/sub/outside",
    "recordings/m1/.hidden",
    "owner.lock",
    "",
)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_no_file_leaves_the_data_folder(
    settings: Settings, elsewhere: Settings, tmp_path: Path, name: str
) -> None:
    path = backup(settings, tmp_path / "all.zip")
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(forged, "w") as new:
        said = json.loads(old.read("backup.json"))
        digest = backup_file.hashlib.sha256(b"x").hexdigest()
        said["entries"].append({"name": name, "n_bytes": 1, "sha256": digest})
        for info in old.infolist():
            if info.filename != "backup.json":
                new.writestr(info, old.read(info))
        new.writestr(name or "x", b"x")
        new.writestr("backup.json", json.dumps(said))
    with pytest.raises(BackupError, match="nothing was taken out"):
        restore_backup.restore_backup(elsewhere, forged, nothing)
    assert not list(tmp_path.rglob("outside")) and not Path("/etc/outside").exists()


def test_a_bomb_is_not_unpacked(settings: Settings, elsewhere: Settings, tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("meetcore.db", bytes(50_000_000))
        entry = {"name": "meetcore.db", "n_bytes": 10, "sha256": "0" * 64}
        said = {"format": 1, "revision": "0003", "made_at": "", "entries": [entry]}
        archive.writestr("backup.json", json.dumps(said))
    with pytest.raises(BackupError, match="is damaged"):
        restore_backup.restore_backup(elsewhere, path, nothing)
    assert not (elsewhere.data_dir / "meetcore.db").exists()


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_backup_is_refused_or_right(
    settings: Settings, settings_for: Callable[..., Settings], tmp_path: Path, seed: int
) -> None:
    content = bytearray(backup(settings, tmp_path / "all.zip").read_bytes())
    chosen = random.Random(seed)
    if seed % 2:
        content = content[: chosen.randrange(len(content))]
    else:
        for _ in range(20):
            content[chosen.randrange(len(content))] ^= 1 << chosen.randrange(8)
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(content)
    target = settings_for(tmp_path / "target")
    try:
        restore_backup.restore_backup(target, damaged, nothing)
    except MeetcoreError as error:
        assert str(error).endswith(".") and "Traceback" not in str(error)
        assert not (target.data_dir / "meetcore.db").exists(), "nothing is changed"
        assert not target.recordings_dir.exists()
    else:
        assert state(target) == state(settings)


def test_a_backup_while_meetings_are_written_is_of_one_moment(
    settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    store = open_store(settings.database)
    live = store.create_meeting("Live", meeting_id="live").id
    writer = RecordingWriter(settings.recordings_dir / live, fsync_s=1)
    stopping, pcm = threading.Event(), talk(1.0)
    made = [0]

    def write() -> None:
        while not stopping.is_set():
            writer.append(pcm)
            store.create_meeting("Other", meeting_id=f"x{made[0]}")
            made[0] += 1

    thread = threading.Thread(target=write)
    thread.start()
    until(lambda: made[0] > 3)
    path = backup(settings, tmp_path / "all.zip")
    stopping.set()
    thread.join()
    writer.close()
    store.close()
    restore_backup.restore_backup(elsewhere, path, nothing)
    recorded = RecordingReader(elsewhere.recordings_dir / live).read_pcm()
    assert recorded.size > 2 * pcm.size
    whole = np.tile(pcm, recorded.size // pcm.size + 1)[: recorded.size]
    assert np.array_equal(recorded, whole)


def test_a_recording_that_is_compacted_meanwhile_is_in_the_backup(
    settings: Settings, elsewhere: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = make_backup._files

    def files(folder: Path) -> list[Path]:
        found = list(whole(folder))
        if folder.name == "m2" and (folder / "audio.pcm").exists():
            compact(folder)
        return found

    before = state(settings)
    monkeypatch.setattr(make_backup, "_files", files)
    path = backup(settings, tmp_path / "all.zip")
    restore_backup.restore_backup(elsewhere, path, nothing)
    assert state(elsewhere) == before


def test_a_full_disk_keeps_the_older_backup(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(b"older")

    def full(*arguments: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(backup_file, "add_file", full)
    with pytest.raises(BackupError, match="No space left"):
        backup(settings, path, force=True)
    assert path.read_bytes() == b"older" and not list(tmp_path.glob(".*"))


def test_a_database_server_has_its_own_tools(
    settings_for: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, database_url="postgresql://localhost/meetcore")
    with pytest.raises(SettingsError, match="pg_dump"):
        backup(settings, tmp_path / "all.zip")
