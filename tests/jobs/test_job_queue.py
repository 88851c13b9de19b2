"""The queue: order, readiness, removal, and file locks that another process holds."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from filelock import FileLock

from meetcore.jobs import job_queue
from meetcore.jobs.job_queue import JobQueue


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_queue, "WAIT_S", 0.01)
    monkeypatch.setattr(job_queue, "ELSEWHERE_S", 0.01)


def ready_queue(tmp_path: Path, *meetings: str, over: bool = False) -> JobQueue:
    queue = JobQueue(tmp_path, lambda meeting_id: over)
    for meeting_id in meetings:
        assert queue.add(meeting_id)
        queue.make_ready(meeting_id)
    return queue


def test_meetings_are_taken_in_order_once_they_are_ready(tmp_path: Path) -> None:
    queue = ready_queue(tmp_path)
    assert queue.add("a") and queue.add("b")
    assert not queue.add("a")
    assert queue.take() is None
    queue.make_ready("b")
    taken = queue.take()
    assert taken is not None and taken[0] == "b"
    assert queue.is_running("b") and not queue.add("b")
    assert queue.pending() == {"a", "b"}
    taken[1].release()
    queue.release("b")
    assert queue.pending() == {"a"}


def test_removed_meeting_must_be_made_ready_again(tmp_path: Path) -> None:
    queue = ready_queue(tmp_path, "a")
    queue.remove("a")
    queue.make_ready("a")
    assert queue.take() is None
    assert queue.add("a")
    assert queue.take() is None
    queue.make_ready("a")
    assert queue.take() is not None


def test_meeting_locked_by_another_process_does_not_delay_the_next(tmp_path: Path) -> None:
    queue = ready_queue(tmp_path, "a", "b")
    (tmp_path / "a").mkdir()
    with FileLock(tmp_path / "a" / "job.lock"):
        taken = queue.take()
        assert taken is not None and taken[0] == "b"
        queue.release("b")
        assert queue.take() is None
    taken = queue.take()
    assert taken is not None and taken[0] == "a"


def test_meeting_that_another_process_finished_is_removed(tmp_path: Path) -> None:
    queue = ready_queue(tmp_path, "a", over=True)
    (tmp_path / "a").mkdir()
    with FileLock(tmp_path / "a" / "job.lock"):
        assert queue.take() is None
    assert not queue.pending()


def test_wait_ends_with_the_job_or_with_a_stop(tmp_path: Path) -> None:
    queue = ready_queue(tmp_path, "a")
    stopping = threading.Event()
    waiter = threading.Thread(target=queue.wait_until_over, args=("a", stopping))
    waiter.start()
    assert queue.take() is not None
    assert waiter.is_alive()
    queue.release("a")
    waiter.join(5)
    assert not waiter.is_alive()
    queue.add("a")
    stopping.set()
    queue.wait_until_over("a", stopping)
