"""The list of jobs of the Upload page: its order, places in the queue, and its cost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from meetcore.records import Job, JobStage, JobState
from meetcore.service.newest_jobs import newest_jobs
from tests.support.stand_ins import RefusingStore


def put(store: Any, *states: JobState) -> list[str]:
    made = []
    for state in states:
        meeting_id = store.create_meeting("Any").id
        store.jobs.put(Job(meeting_id, state, JobStage.RECOGNIZING))
        made.append(meeting_id)
    return made


def test_waiting_jobs_have_a_place_and_older_ones_are_counted(store: RefusingStore) -> None:
    done = put(store, *[JobState.DONE] * 6)
    running, first, second = put(store, JobState.RUNNING, JobState.QUEUED, JobState.QUEUED)
    found = newest_jobs(store, 4, 3)  # type: ignore[arg-type]
    assert [each.meeting.id for each in found.jobs] == [second, first, running, done[-1]]
    assert [each.ahead for each in found.jobs] == [2, 1, 0, 0]
    assert found.older == 3
    assert newest_jobs(store, 20, 20).older == 0  # type: ignore[arg-type]


def test_no_more_is_read_than_is_shown(store: RefusingStore) -> None:
    put(store, *[JobState.DONE] * 50, JobState.QUEUED)
    read: list[int] = []
    real = store._store.jobs

    class Counting:
        def newest(self, count: int) -> Any:
            found = real.newest(count)
            read.append(len(found))
            return found

        def list(self, states: Any = ()) -> Any:
            found = real.list(states)
            read.append(len(found))
            return found

    class Store:
        jobs = Counting()

    newest_jobs(Store(), 5, 5)  # type: ignore[arg-type]
    assert sorted(read) == [1, 10]


def test_a_damaged_job_costs_its_line_only(store: RefusingStore, tmp_path: Path) -> None:
    whole, damaged = put(store, JobState.DONE, JobState.DONE)
    (file,) = tmp_path.rglob("*.db")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE jobs SET options = 'x' WHERE meeting_id = ?", (damaged,))
    found = newest_jobs(store, 20, 20)  # type: ignore[arg-type]
    assert [each.meeting.id for each in found.jobs] == [whole]
