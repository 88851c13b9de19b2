"""The queue: order, readiness, removal, and file locks that another process holds."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

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


@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["add", "make_ready", "remove", "take", "put_back", "release"]),
            st.sampled_from(["a", "b", "c"]),
        ),
        max_size=25,
    )
)
def test_nothing_of_a_meeting_is_left_once_it_neither_waits_nor_runs(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str]]
) -> None:
    queue = JobQueue(tmp_path_factory.mktemp("queue"), lambda meeting_id: False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queue.lock, "wait", lambda timeout=None: True)
        for name, meeting_id in steps:
            if name != "take":
                getattr(queue, name)(meeting_id)
            elif queue._running is None and (taken := queue.take()) is not None:
                taken[1].release()
            running = {queue._running} - {None}
            assert queue._ready <= set(queue._waiting)
            assert queue.pending() == running | set(queue._waiting)
            assert queue._refusals <= set(queue._waiting)
            assert len(queue._waiting) == len(set(queue._waiting))
