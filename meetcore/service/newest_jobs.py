"""`newest_jobs`: the list of jobs on the Upload page."""

from __future__ import annotations

from meetcore.jobs.accepted_jobs import UNFINISHED
from meetcore.records import JobList, JobState, ListedJob
from meetcore.service.protocol import StoreProtocol


def newest_jobs(store: StoreProtocol, count: int, step: int) -> JobList:
    """The newest `count` jobs, and how many of the next `step` there are.

    Every tab asks once a second: the cost does not grow with the jobs that ended.

    Raises
    ------
    StoreError
        The database refused.
    """
    unfinished = store.jobs.list(UNFINISHED)
    running = sum(job.state is JobState.RUNNING for job in unfinished)
    oldest_first = (job.meeting_id for job in reversed(unfinished) if job.state is JobState.QUEUED)
    ahead = {meeting_id: running + place for place, meeting_id in enumerate(oldest_first)}
    newest = store.jobs.newest(count + step)
    listed = tuple(
        ListedJob(meeting, job, ahead.get(meeting.id, 0)) for meeting, job in newest[:count]
    )
    return JobList(listed, len(newest) - len(listed))
