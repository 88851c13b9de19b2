"""The list of jobs that the Upload page shows."""

from __future__ import annotations

from dataclasses import dataclass

from meetcore.errors import MeetingNotFoundError
from meetcore.records import Job, JobState, Meeting
from meetcore.service.protocol import StoreProtocol


@dataclass(frozen=True, slots=True)
class ListedJob:
    """A job with its meeting."""

    meeting: Meeting
    job: Job
    ahead: int = 0
    """How many jobs run before it; 0 for one that does not wait."""


@dataclass(frozen=True, slots=True)
class JobList:
    """The newest jobs, and how many older ones there are."""

    jobs: tuple[ListedJob, ...]
    older: int


def newest_jobs(store: StoreProtocol, count: int) -> JobList:
    """The newest `count` jobs; those whose meeting is deleted meanwhile are left out."""
    jobs = store.jobs.list()
    queue = [job.meeting_id for job in reversed(jobs) if job.state is JobState.QUEUED]
    running = sum(job.state is JobState.RUNNING for job in jobs)
    listed = []
    for job in jobs[:count]:
        try:
            meeting = store.get(job.meeting_id)
        except MeetingNotFoundError:
            continue
        waits = job.state is JobState.QUEUED
        ahead = running + queue.index(job.meeting_id) if waits else 0
        listed.append(ListedJob(meeting, job, ahead))
    return JobList(tuple(listed), max(0, len(jobs) - count))
