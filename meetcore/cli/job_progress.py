"""Progress of a job, shown while another thread works on it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from meetcore.cli.progress_bar import ProgressBoard, Report
from meetcore.errors import StoreError
from meetcore.records import Job, JobStage, JobState

POLL_S = 0.25
STAGES = {
    JobStage.DECODING: "decoding",
    JobStage.RECOGNIZING: "recognizing",
    JobStage.DIARIZING: "finding speakers",
    JobStage.ATTRIBUTING: "attributing",
}


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
        while not over.wait(POLL_S):
            try:
                job = read_job()
            except StoreError:
                continue  # The database is busy; it is asked again.
            if job is not None and job.state is JobState.RUNNING:
                board.show(job_report(job, name))

    thread = threading.Thread(target=follow, name="follow-job", daemon=True)
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
    return Report(name, "", min(max(job.overall, 0.0), 1.0), f"{STAGES[job.stage]}{left}")


def remaining_text(seconds: float) -> str:
    """A remaining time, rounded as an estimate deserves.

    >>> remaining_text(4.2), remaining_text(100), remaining_text(4000)
    ('about 5 s', 'about 2 min', 'about 1.1 h')
    """
    if seconds < 55:
        return f"about {max(5, 5 * round(seconds / 5))} s"
    if seconds < 3570:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"
