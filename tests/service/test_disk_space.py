"""Uploads share the disk without taking the space of recordings, decodes or each other."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from meetcore.api import upload_requests, uploads
from meetcore.errors import NoSpaceError
from meetcore.jobs import decode_stage
from meetcore.records import JobOptions, JobStage, JobState
from meetcore.service import disk_space, waiting_decodes
from meetcore.service.disk_space import DiskSpace
from meetcore.service.meeting_service import MeetingService
from tests.api.test_uploads import sound
from tests.support.faults import SmallDisk, all_recorded, begin, offer
from tests.support.stand_ins import talk, until

MB = 2**20
FOLDER = Path("anywhere")


class Disk:
    """A simulated disk."""

    def __init__(self, n_bytes: int) -> None:
        self.free = n_bytes

    def space(self, meetings: int = 0, decodes: int = 0) -> DiskSpace:
        return DiskSpace(FOLDER, lambda: meetings, lambda: decodes, lambda folder: self.free)


sizes = st.integers(1, 2_000)


@given(
    extra=st.integers(0, 5_000),
    meetings=st.integers(0, 3),
    decodes=st.integers(0, 2_000),
    steps=st.lists(st.tuples(st.integers(0, 3), sizes), max_size=60),
)
def test_uploads_that_were_taken_always_fit_and_what_is_kept_stays_free(
    extra: int, meetings: int, decodes: int, steps: list[tuple[int, int]]
) -> None:
    kept = disk_space.KEPT_BYTES + meetings * disk_space.MEETING_BYTES + decodes
    disk = Disk(kept + extra)
    space = disk.space(meetings, decodes)
    with contextlib.ExitStack() as stack:
        running: dict[int, disk_space.Reservation] = {}
        for upload, n_bytes in steps:
            if upload not in running:
                with contextlib.suppress(NoSpaceError):
                    running[upload] = stack.enter_context(space.reserved(n_bytes))
                continue
            piece = min(n_bytes, running[upload].remaining)
            disk.free -= piece
            running[upload].written(piece)
            waiting = sum(each.remaining for each in running.values())
            assert disk.free - waiting >= kept
    space.refuse(disk.free - kept)
    with pytest.raises(NoSpaceError):
        space.refuse(disk.free - kept + 1)


def test_a_disk_that_others_fill_stops_uploads_before_recordings() -> None:
    disk = Disk(disk_space.KEPT_BYTES + disk_space.MEETING_BYTES + 1000)
    with disk.space(meetings=1).reserved(1000) as reservation:
        reservation.written(100)
        disk.free -= 1001
        with pytest.raises(NoSpaceError, match="goes on where it stopped"):
            reservation.written(100)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallDisk]:
    """18 MB, real where the tests may mount one; else the same number, counted."""
    small = SmallDisk(tmp_path / "disk", monkeypatch, megabytes=18)
    monkeypatch.setattr(disk_space, "KEPT_BYTES", 2 * MB)
    monkeypatch.setattr(disk_space, "MEETING_BYTES", MB)
    monkeypatch.setattr(decode_stage, "RESERVE_BYTES", MB)
    monkeypatch.setattr(waiting_decodes, "FRESH_S", 0.0)
    if not small.mounted:

        def free_bytes(folder: Path) -> int:
            used = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            return max(0, 18 * MB - used)

        monkeypatch.setattr(disk_space, "_free_bytes", free_bytes)
    yield small
    small.unmount()


def test_large_uploads_at_once_leave_a_live_recording_alone(
    open_service: Callable[..., MeetingService], disk: SmallDisk
) -> None:
    service = open_service(data_dir=disk.folder)
    client = TestClient(Starlette(routes=uploads.routes(lambda: service)))
    live, pcm = begin(service, "Standup"), talk(40.0)
    body, answers = sound(120.0), list[Any]()

    def send(number: int) -> None:
        said = quote(json.dumps({"name": f"{number}.wav"}))
        headers = {"content-type": "application/octet-stream", upload_requests.HEADER: said}
        answers.append(client.post(f"/uploads/{number:032x}", content=body, headers=headers))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    offer(live, pcm)
    for thread in threads:
        thread.join(60)
    until(lambda: all_recorded(service, live, pcm), 30)
    codes = sorted(answer.status_code for answer in answers)
    assert codes[0] == 200 and set(codes[1:]) == {507}
    assert all(
        "space" in answer.json()["trouble"] for answer in answers if answer.status_code == 507
    )
    assert live.snapshot().health.chunk_errors == 0
    live.stop()
    taken = next(answer.json()["meeting"] for answer in answers if answer.status_code == 200)

    def decoded() -> bool:
        job = service.store.jobs.get(taken)
        assert job is not None and job.state is not JobState.FAILED
        return job.stage is not JobStage.DECODING

    until(decoded, 60)


def test_the_space_of_waiting_uploads_is_known_after_a_restart_too(
    open_service: Callable[..., MeetingService], tmp_path: Path
) -> None:
    first = open_service(load=False)
    part = first.uploads.part("ab" * 16)
    part.write_bytes(sound(100.0))
    first.uploads.take(part, "talk.wav", JobOptions())
    exact = first.uploads.space.kept_bytes() - disk_space.KEPT_BYTES
    assert exact == pytest.approx(1.7 * 100.0 * 32_000, rel=0.01)
    first.shutdown(10)
    second = open_service(load=False)
    assert second.uploads.space.kept_bytes() - disk_space.KEPT_BYTES >= exact
