"""Texts for a job: its state or stage, and its remaining time."""

from __future__ import annotations

from meetcore.records import Job, JobStage, JobState
from meetcore.text import durations
from meetcore.text.job_stages import STAGE_TEXTS

ORDER = tuple(JobStage)


def words(job: Job, ahead: int = 0) -> str:
    """The job's state or stage in a few words.

    >>> words(Job("m", JobState.QUEUED, JobStage.DECODING), 2)
    'Waiting, 2 before it'
    """
    if job.state is JobState.QUEUED:
        return f"Waiting, {ahead} before it" if ahead else "Waiting, next in line"
    if job.state is JobState.RUNNING:
        return STAGE_TEXTS[job.stage]
    return {
        JobState.DONE: "Done",
        JobState.FAILED: "Failed",
        JobState.CANCELLED: "Cancelled",
        JobState.ROLLING: "Waiting for the end of the meeting",
    }[job.state]


def remaining_text(job: Job) -> str:
    """The estimated time to the end in words; empty where there is no estimate.

    >>> remaining_text(Job("m", JobState.RUNNING, JobStage.RECOGNIZING, remaining_s=170.0))
    'about 3 min'
    """
    if job.state is not JobState.RUNNING or job.remaining_s is None:
        return ""
    return durations.remaining_text(job.remaining_s)
