"""Progress of a job, shown while another thread works on it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from meetcore.cli.progress_bar import ProgressBoard, Report
from meetcore.errors import StoreError
from meetcore.records import Job, JobState
from meetcore.supervised import keep_running
from meetcore.text.durations import remaining_text
from meetcore.text.job_stages import STAGE_TEXTS

POLL_S = 0.25


@contextmanager
def job_progress(
    board: ProgressBoard, read_job: Callable[[], Job | None], name: str
) -> Iterator[None]:
    """Show the job's progress on the board until the block ends.

    Parameters
    ----------
    read_job : callable
        The job's present record; called on a thread of its own, four times a second.
    """
    over = threading.Event()

    def follow() -> None:
        if over.wait(POLL_S):
            return
        with contextlib.suppress(StoreError):  # The database is busy; it is asked again.
            job = read_job()
            if job is not None and job.state is JobState.RUNNING:
                board.show(job_report(job, name))

    thread = threading.Thread(
        target=keep_running,
        args=("progress bar", follow, over.is_set, over.wait),
        name="follow-job",
        daemon=True,
    )
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        board.close()


def job_report(job: Job, name: str) -> Report:
    """A job's progress, for the board."""
    left = f", {remaining_text(job.remaining_s)} left" if job.remaining_s is not None else ""
    stage = STAGE_TEXTS[job.stage].lower()
    return Report(name, "", min(max(job.overall, 0.0), 1.0), f"{stage}{left}")
