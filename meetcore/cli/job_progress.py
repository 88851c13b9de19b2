"""How far a job is, shown while another thread works on it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from meetcore.cli.progress_bar import ProgressBoard, Report
from meetcore.errors import StoreError
from meetcore.records import Job, JobStage, JobState

POLL_S = 0.25
BAR = 20
DOING = {
    JobStage.DECODING: "decoding",
    JobStage.RECOGNIZING: "recognizing",
    JobStage.DIARIZING: "finding speakers",
    JobStage.ATTRIBUTING: "attributing",
}


@contextmanager
def following(board: ProgressBoard, look: Callable[[], Job | None], name: str) -> Iterator[None]:
    """Show what `look` sees of the job, until the block ends."""
    over = threading.Event()

    def follow() -> None:
        while not over.wait(POLL_S):
            try:
                job = look()
            except StoreError:
                continue  # It is busy; the next look will tell.
            if job is not None and job.state is JobState.RUNNING:
                board.show(report(job, name))

    thread = threading.Thread(target=follow, name="follow-job", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        board.close()


def report(job: Job, name: str) -> Report:
    """A job's progress, for the board."""
    share = min(max(job.overall, 0.0), 1.0)
    bar = ("█" * round(share * BAR)).ljust(BAR, "░")
    left = f", {remaining(job.remaining_s)} left" if job.remaining_s is not None else ""
    text = f"{name}  {bar} {share:4.0%}  {DOING[job.stage]}{left}"
    return Report(name, "", share, text)


def remaining(seconds: float) -> str:
    """A time to wait, as exact as anybody can know it.

    >>> remaining(4.2), remaining(100), remaining(4000)
    ('about 5 s', 'about 2 min', 'about 1.1 h')
    """
    if seconds < 55:
        return f"about {max(5, 5 * round(seconds / 5))} s"
    if seconds < 3570:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"
