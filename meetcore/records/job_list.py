"""The newest jobs with their meetings."""

from __future__ import annotations

from dataclasses import dataclass

from meetcore.records.job import Job
from meetcore.records.meeting import Meeting


@dataclass(frozen=True, slots=True)
class ListedJob:
    """A job with its meeting."""

    meeting: Meeting
    job: Job
    ahead: int = 0
    """How many jobs run before it; 0 for one that does not wait."""


@dataclass(frozen=True, slots=True)
class JobList:
    """The newest jobs, and how many of the next ones a page would show."""

    jobs: tuple[ListedJob, ...]
    older: int
