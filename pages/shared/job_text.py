"""A job in words: its stage, and how long it will take."""

from __future__ import annotations

from meetcore.records import Job, JobStage, JobState

STAGES = {
    JobStage.DECODING: "Reading the file",
    JobStage.RECOGNIZING: "Recognizing",
    JobStage.DIARIZING: "Finding speakers",
    JobStage.ATTRIBUTING: "Putting it together",
}
ORDER = tuple(STAGES)


def words(job: Job, ahead: int = 0) -> str:
    """The job's state or stage in a few words.

    >>> words(Job("m", JobState.QUEUED, JobStage.DECODING), 2)
    'Waiting, 2 before it'
    """
    if job.state is JobState.QUEUED:
        return f"Waiting, {ahead} before it" if ahead else "Waiting, next in line"
    if job.state is JobState.RUNNING:
        return STAGES[job.stage]
    return {
        JobState.DONE: "Done",
        JobState.FAILED: "Failed",
        JobState.CANCELLED: "Cancelled",
    }[job.state]


def remaining_text(job: Job) -> str:
    """The estimated time to the end in words; empty where there is no estimate.

    >>> remaining_text(Job("m", JobState.RUNNING, JobStage.RECOGNIZING, remaining_s=170.0))
    'about 3 min'
    """
    if job.state is not JobState.RUNNING or job.remaining_s is None:
        return ""
    seconds = job.remaining_s
    if seconds < 10:
        return "a few seconds"
    if seconds < 50:
        return f"about {round(seconds / 10) * 10} s"
    minutes = max(1, round(seconds / 60))
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"about {minutes} min"
    return f"about {hours} h {rest} min" if rest else f"about {hours} h"
