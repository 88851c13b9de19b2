"""Whatever the umask: only the user reads what is stored, new or already there."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from meetcore import private_files
from meetcore.cli.main import main
from meetcore.installation import child_environment

UMASKS = (0o000, 0o022, 0o077, 0o277, 0o777)

PROGRAM = """
import os, sys, time
from pathlib import Path
os.umask(int(sys.argv[1], 8))
from meetcore import private_files
private_files.set_private_umask()
from meetcore.records import JobOptions
from tests.api.test_uploads import sound
from tests.support import service_fixtures as fixtures
from tests.support.stand_ins import StandIn, talk, until
from meetcore.jobs.executors.in_process import InProcessExecutor
from tests.support.shared_models import SharedModels
from meetcore.service.meeting_service import MeetingService
from meetcore.settings import Settings
from meetcore.store.meetings import open_store
from meetcore.records import MeetingState
settings = Settings(_env_file=None, data_dir=Path(sys.argv[2]))
identifier = StandIn()
executor = InProcessExecutor(SharedModels(lambda timeout_s: identifier))
service = MeetingService(settings, open_store(settings.database), lambda: identifier, executor)
service.load_models()
service.recover()
part = service.uploads.part("ab" * 16)
part.write_bytes(sound(2.0))
uploaded = service.uploads.take(part, "talk.wav", JobOptions(speakers=False))
live = service.live(service.start("Standup"))
live.offer(talk(4.0), "tab")
until(lambda: live.snapshot().elapsed == 4.0)
until(lambda: service.store.get(uploaded).state in (MeetingState.DONE, MeetingState.FAILED), 60)
waiting = service.uploads.part("cd" * 16)
waiting.touch()
print("ready", flush=True)
sys.stdin.readline()
service.shutdown()
"""


def modes(folder: Path) -> dict[str, int]:
    """The access rights of a folder and of all that is in it."""
    found = (folder, *folder.rglob("*"))
    return {
        str(path.relative_to(folder.parent)): stat.S_IMODE(path.stat().st_mode) for path in found
    }


def assert_private(folder: Path) -> None:
    for name, mode in modes(folder).items():
        wanted = 0o700 if (folder.parent / name).is_dir() else 0o600
        assert mode == wanted, f"{name} is {mode:o}"


@pytest.mark.parametrize("umask", UMASKS)
def test_everything_that_is_stored_is_private(umask: int, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, f"{umask:o}", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env=child_environment(),
    )
    assert child.stdout is not None and child.stdin is not None
    assert child.stdout.readline() == "ready\n"
    try:
        names = set(modes(folder))
        assert {"data/meetcore.db", "data/meetcore.db-wal", "data/owner.lock"} <= names
        assert any(name.endswith("audio.pcm") for name in names)
        assert any(name.endswith(".part") for name in names)
        assert_private(folder)
    finally:
        child.communicate("\n", timeout=60)
    assert child.returncode == 0
    assert_private(folder)
    assert_private(folder.parent)


def test_what_exists_is_mended_and_what_is_not_ours_is_left(tmp_path: Path) -> None:
    folder, outside = tmp_path / "data", tmp_path / "outside.wav"
    recording = folder / "recordings" / "m1"
    recording.mkdir(parents=True)
    ours = [recording / "audio.pcm", folder / "meetcore.db", folder / "meetcore.db-wal"]
    theirs = [folder / "notes.txt", outside]
    for path in (*ours, *theirs):
        path.touch()
        path.chmod(0o644)
    for each in (recording, recording.parent, folder):
        each.chmod(0o755)
    (recording / "link").symlink_to(outside)
    (recording / "upload").hardlink_to(outside)
    (folder / "uploads").symlink_to(tmp_path)
    tmp_path.chmod(0o755)
    private_files.make_data_folder(folder)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in ours)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o644 for path in theirs)
    for each in (recording, recording.parent, folder):
        assert stat.S_IMODE(each.stat().st_mode) == 0o700
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


@pytest.mark.parametrize("linked", ["recordings", "uploads", "copies", "data"])
def test_a_folder_that_is_a_link_is_mended_where_it_is(tmp_path: Path, linked: str) -> None:
    """As where the recordings are on a larger disk."""
    folder, big = tmp_path / "data", tmp_path / "big"
    inner = big / "recordings" / "m1" if linked == "data" else big / "m1"
    inner.mkdir(parents=True)
    (inner / "audio.flac").touch()
    for each in (big, inner, inner / "audio.flac"):
        each.chmod(0o755)
    if linked == "data":
        folder.symlink_to(big)
    else:
        folder.mkdir()
        (folder / linked).symlink_to(big)
    private_files.make_data_folder(folder)
    assert [stat.S_IMODE(each.stat().st_mode) for each in (big, inner)] == [0o700, 0o700]
    assert stat.S_IMODE((inner / "audio.flac").stat().st_mode) == 0o600


def test_files_of_others_in_the_data_folder_keep_their_rights(tmp_path: Path) -> None:
    theirs = [tmp_path / name for name in ("photos.db", "photos.db-wal", "apt.lock", "a.json")]
    ours = [tmp_path / name for name in ("meetcore.db", "meetcore.db.lock", "owner.lock")]
    for each in (*theirs, *ours):
        each.touch()
        each.chmod(0o644)
    private_files.make_data_folder(tmp_path)
    assert {stat.S_IMODE(each.stat().st_mode) for each in theirs} == {0o644}
    assert {stat.S_IMODE(each.stat().st_mode) for each in ours} == {0o600}


def test_a_folder_that_many_share_is_not_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    private_files.make_data_folder(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777


@pytest.mark.parametrize("umask, mode", [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_exports_get_the_rights_that_the_user_gives_them(
    umask: int, mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEETCORE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(private_files, "_inherited", [])
    before = os.umask(umask)
    try:
        from meetcore.settings import load_settings
        from meetcore.store.meetings import open_store

        store = open_store(load_settings().database)
        store.create_meeting("Standup", meeting_id="m1")
        store.close()
        out = tmp_path / "out"
        assert main(["meetings", "export", "m1", "--format", "txt", "--output", str(out)]) == 0
        (file,) = out.iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == mode
        assert stat.S_IMODE((tmp_path / "data" / "meetcore.db").stat().st_mode) == 0o600
    finally:
        os.umask(before)
