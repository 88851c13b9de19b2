"""A job's progress as a line, and input files, which are left as they are."""

from __future__ import annotations

import io
import os
import threading
import time
from pathlib import Path

import pytest

from meetcore.cli.input_files import stage_file
from meetcore.cli.job_progress import job_progress, job_report
from meetcore.cli.progress_bar import ProgressBoard
from meetcore.errors import AudioDecodeError, StoreError
from meetcore.records import Job, JobStage, JobState


def job(overall: float, stage: JobStage = JobStage.RECOGNIZING, left: float | None = None) -> Job:
    return Job("m", JobState.RUNNING, stage, overall=overall, remaining_s=left)


def test_a_line_has_name_share_stage_and_what_is_left() -> None:
    stream = io.StringIO()
    board = ProgressBoard(stream)
    board.show(job_report(job(0.5, left=130.0), "[1/2] talk.mp3"))
    assert stream.getvalue() == "[1/2] talk.mp3   50%  recognizing, about 2 min left\n"
    assert job_report(job(0.7, JobStage.DIARIZING), "x").detail == "finding speakers"
    assert job_report(job(7.0), "x").fraction == 1.0


def test_a_job_is_followed_while_another_thread_works() -> None:
    stream, seen = io.StringIO(), threading.Event()
    looks = iter([None, StoreError("busy"), job(0.1), job(0.6)])

    def look() -> Job | None:
        item = next(looks, None)
        if item is None and stream.getvalue():
            seen.set()
        if isinstance(item, Exception):
            raise item
        return item

    with job_progress(ProgressBoard(stream), look, "talk.mp3"):
        assert seen.wait(5.0)
    assert [line.split()[1] for line in stream.getvalue().splitlines()] == ["10%", "60%"]


def test_an_interrupted_block_ends_the_job_progress() -> None:
    before = threading.active_count()
    with (
        pytest.raises(KeyboardInterrupt),
        job_progress(ProgressBoard(io.StringIO()), lambda: None, "x"),
    ):
        raise KeyboardInterrupt
    assert threading.active_count() == before


def test_the_users_file_is_left_as_it_is(tmp_path: Path) -> None:
    mine = tmp_path / "mine" / "talk.mp3"
    mine.parent.mkdir()
    mine.write_bytes(b"sound")
    lent = stage_file(mine, tmp_path / "data" / "uploads")
    assert lent.suffix == ".mp3" and lent.parent.name == "uploads"
    assert lent.read_bytes() == b"sound"
    lent.unlink()
    assert mine.read_bytes() == b"sound"


def test_another_disk_takes_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    mine = tmp_path / "talk.m?4"
    mine.write_bytes(b"sound")
    lent = stage_file(mine, tmp_path / "uploads")
    assert lent.read_bytes() == b"sound" and lent.suffix == ""


@pytest.mark.parametrize(("make", "said"), [(None, "does not exist"), ("folder", "folder")])
def test_what_is_no_file_is_named(tmp_path: Path, make: str | None, said: str) -> None:
    path = tmp_path / "talk.mp3"
    if make:
        path.mkdir()
    with pytest.raises(AudioDecodeError, match=said):
        stage_file(path, tmp_path / "uploads")


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    began = time.monotonic()
    with pytest.raises(AudioDecodeError, match="no file"):
        stage_file(tmp_path / "pipe", tmp_path / "uploads")
    assert time.monotonic() - began < 5.0
