"""`newest_jobs`: the list of jobs on the Upload page."""

from __future__ import annotations

from meetcore.errors import MeetingNotFoundError
from meetcore.records import JobList, JobState, ListedJob
from meetcore.service.protocol import StoreProtocol


def newest_jobs(store: StoreProtocol, count: int) -> JobList:
    """The newest `count` jobs; those whose meeting is deleted meanwhile are left out.

    Raises
    ------
    StoreError
        The database refused.
    """
    jobs = store.jobs.list()
    running = sum(job.state is JobState.RUNNING for job in jobs)
    oldest_first = (job.meeting_id for job in reversed(jobs) if job.state is JobState.QUEUED)
    ahead = {meeting_id: running + place for place, meeting_id in enumerate(oldest_first)}
    listed = []
    for job in jobs[:count]:
        try:
            meeting = store.get(job.meeting_id)
        except MeetingNotFoundError:
            continue
        listed.append(ListedJob(meeting, job, ahead.get(job.meeting_id, 0)))
    return JobList(tuple(listed), max(0, len(jobs) - count))
