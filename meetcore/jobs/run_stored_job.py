"""Runs a stored job; each stage's result goes into the database.

`runner` calls `run_job`, which returns what the transcript lacks, in one sentence or none.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from meetcore.jobs.job_context import JobContext
from meetcore.jobs.pipeline import PassPlan, run_pass
from meetcore.jobs.stored_results import StoredResults
from meetcore.jobs.tasks import DecodeTask
from meetcore.jobs.uploaded_file import past_decoding
from meetcore.records import Job, JobStage


def run_job(context: JobContext, job: Job, check_stop: Callable[[], None]) -> str:
    """Run the stages of a job that are left; what the transcript lacks, "" for nothing.

    Parameters
    ----------
    check_stop : called several times a second; raises TaskStopped when the job is to end

    Raises
    ------
    TaskStopped, WorkerDiedError
        The job can be resumed from the store.
    MeetcoreError, UnexpectedTaskError
        A stage failed; the first has a sentence for the user.
    """
    job = past_decoding(context.settings.recordings_dir / job.meeting_id, job)
    plan = _plan(context, job)
    results = StoredResults(context, job, check_stop)
    run_pass(plan, context.executor, results)
    return results.detail


def _plan(context: JobContext, job: Job) -> PassPlan:
    meeting = context.store.get(job.meeting_id)
    folder = context.settings.recordings_dir / job.meeting_id
    decode = None
    if job.stage is JobStage.DECODING:
        assert job.source_path is not None
        source = Path(job.source_path)
        decode = DecodeTask(
            source,
            folder,
            meeting.source_name or source.name,
            context.settings.longest_hours * 3600.0,
            job.options.speakers,
        )
    return PassPlan(
        folder,
        job.options,
        first_stage=job.stage,
        decode=decode,
        start_sample=job.checkpoint_samples,
        words_suffice=job.stage is JobStage.DIARIZING and job.attempts >= 2,
    )
