"""What killed processes and failed uploads leave is taken up, or deleted after its time."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from meetcore.jobs.submission import SOURCE_NAME
from meetcore.records import Job, JobStage, JobState, MeetingState
from meetcore.service import leftovers
from meetcore.service.leftovers import Leftovers
from meetcore.service.meeting_service import MeetingService
from tests.api.test_uploads import sound
from tests.support.service_fixtures import Open
from tests.support.stand_ins import RefusingStore, until


def imported(store: RefusingStore, tmp_path: Path, content: bytes | None) -> str:
    """A meeting as an import leaves it that is killed before its job is saved."""
    meeting = store.create_meeting("Talk", state=MeetingState.FINALIZING, source_name="talk.wav")
    folder = tmp_path / "data" / "recordings" / meeting.id
    if content is not None:
        folder.mkdir(parents=True)
        (folder / SOURCE_NAME).write_bytes(content)
    return meeting.id


def test_an_import_killed_before_its_job_goes_on(
    open_service: Open, store: RefusingStore, tmp_path: Path
) -> None:
    meeting_id = imported(store, tmp_path, sound(4.0))
    service = open_service()
    service.recover()
    until(lambda: store.get(meeting_id).state is MeetingState.DONE)
    assert store.get(meeting_id).duration == 4.0


def test_an_import_killed_before_its_file_leaves_no_meeting(
    open_service: Open, store: RefusingStore, tmp_path: Path
) -> None:
    imported(store, tmp_path, None)
    recorded = store.create_meeting("Recorded", state=MeetingState.FINALIZING)
    open_service().recover()
    assert [each.id for each in store.list_meetings()] == [recorded.id]


@pytest.fixture
def sweeper(service: MeetingService, store: RefusingStore) -> Leftovers:
    return Leftovers(store, service.recordings_dir, service.uploads)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "state, days, kept",
    [
        (JobState.FAILED, 31, False),
        (JobState.CANCELLED, 31, False),
        (JobState.FAILED, 29, True),
        (JobState.DONE, 31, True),
        (JobState.QUEUED, 31, True),
    ],
)
def test_the_file_of_a_failed_upload_is_kept_for_a_month(
    sweeper: Leftovers,
    store: RefusingStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    state: JobState,
    days: int,
    kept: bool,
) -> None:
    meeting_id = imported(store, tmp_path, b"x")
    source = tmp_path / "data" / "recordings" / meeting_id / SOURCE_NAME
    store.jobs.put(Job(meeting_id, state, JobStage.DECODING, source_path=str(source)))
    store.jobs.update(meeting_id, state=state)

    class Later:
        @staticmethod
        def now(zone: object) -> datetime:
            return datetime.now(UTC) + timedelta(days=days)

    monkeypatch.setattr(leftovers, "datetime", Later)
    sweeper.sweep()
    assert source.exists() is kept
    assert store.get(meeting_id).source_name == "talk.wav"


def test_partial_files_are_deleted_after_a_day_and_recordings_never(
    sweeper: Leftovers, service: MeetingService
) -> None:
    folder = service.recordings_dir / "20200101-000000-abcdef"
    folder.mkdir(parents=True)
    names = ("audio.flac.part", "audio.pcm.part", "audio.flac", "audio.pcm", "upload", "new.part")
    for name in names:
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, (0, 0))
    os.utime(folder / "new.part", (time.time(), time.time()))
    sweeper.sweep()
    kept = {path.name for path in folder.iterdir()}
    assert kept == {"audio.flac", "audio.pcm", "upload", "new.part"}


def test_parts_of_daily_copies_are_deleted_after_a_day(
    sweeper: Leftovers, service: MeetingService
) -> None:
    folder = service.recordings_dir.parent / "copies"
    folder.mkdir(parents=True)
    for name in ("meetcore-2026-11-24.db", "meetcore-2026-11-25.db.part"):
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, (0, 0))
    (folder / "meetcore-2026-11-26.db.part").write_bytes(b"x")
    sweeper.sweep()
    kept = {path.name for path in folder.iterdir()}
    assert kept == {"meetcore-2026-11-24.db", "meetcore-2026-11-26.db.part"}


def test_a_folder_that_refuses_does_not_end_the_sweep(
    sweeper: Leftovers, service: MeetingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, os.strerror(13))

    part = service.uploads.folder / "old.part"
    part.write_bytes(b"x")
    monkeypatch.setattr("meetcore.service.uploads.STALE_S", -1.0)
    monkeypatch.setattr(Path, "unlink", refuse)
    sweeper.sweep()
    assert part.exists()
