"""Runs the job of one meeting to its end, in one attempt or more; `JobRunner` owns it."""

from __future__ import annotations

import logging
import threading

from meetcore.errors import MeetingNotFoundError, StoreError
from meetcore.jobs.accepted_jobs import AcceptedJobs
from meetcore.jobs.job_context import JobContext
from meetcore.jobs.outcome import OutcomeWriter
from meetcore.jobs.run_stored_job import run_job
from meetcore.jobs.tasks import JobCancelled, TaskStopped, WorkerDiedError
from meetcore.records import Job
from meetcore.store.retry import retry_write

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
"""Attempts of a job without progress before it waits for the user."""
MAX_DEATHS = 2
"""Deaths of the worker in a row, without progress, before the job fails."""


class JobAttempts:
    """Begins a job, runs its stages, and saves how it ended. Used on the runner's thread.

    Parameters
    ----------
    stopping : once set, the running job is put back for the next start of the process
    """

    def __init__(
        self,
        context: JobContext,
        accepted: AcceptedJobs,
        outcome: OutcomeWriter,
        stopping: threading.Event,
    ) -> None:
        self._context = context
        self._store = context.store
        self._accepted = accepted
        self._outcome = outcome
        self._stopping = stopping
        self.cancelled: set[str] = set()
        """Meetings whose running job is to end. Changed under the queue's lock."""

    def run(self, meeting_id: str) -> None:
        """Run a job; once more when the worker process died, more often if it gets further."""
        deaths = 0
        while True:
            job = self._begin(meeting_id)
            if job is None:
                return
            try:
                self._attempt(job)
                return
            except WorkerDiedError as error:
                logger.exception("meeting %s: the worker died", meeting_id)
                further = self._got_further(job)
                deaths = 1 if further else deaths + 1
                if not further and (deaths == MAX_DEATHS or job.attempts >= MAX_ATTEMPTS):
                    self._outcome.failed(job, error)
                    return

    def _begin(self, meeting_id: str) -> Job | None:
        """The job, RUNNING; None where there is none to run."""
        try:
            return retry_write(lambda: self._accepted.begin(meeting_id), self._stopping)
        except MeetingNotFoundError:
            self._accepted.forget(meeting_id)
            return None

    def _got_further(self, job: Job) -> bool:
        """Whether a job completed a stage or a piece since this record of it."""
        try:
            now = self._store.jobs.get(job.meeting_id)
        except StoreError:
            return False
        return now is not None and (now.stage, now.checkpoint_samples) != (
            job.stage,
            job.checkpoint_samples,
        )

    def _attempt(self, job: Job) -> None:
        """Run a job and save how it ended; raises WorkerDiedError, as it may be tried again."""
        meeting_id = job.meeting_id
        try:
            detail = run_job(self._context, job, lambda: self._check_stop(meeting_id))
        except JobCancelled:
            logger.info("meeting %s: cancelled", meeting_id)
            self._outcome.cancelled(meeting_id)
        except TaskStopped:
            logger.info("meeting %s: its job waits for the next start", meeting_id)
            self._outcome.requeue(meeting_id)
        except WorkerDiedError:
            raise
        except Exception as error:
            logger.exception("meeting %s: its job failed", meeting_id)
            self._outcome.failed(job, error)
        else:
            logger.info("meeting %s: done", meeting_id)
            self._outcome.done(meeting_id, detail)

    def _check_stop(self, meeting_id: str) -> None:
        """Raise when the running job is to end. Called several times a second."""
        if meeting_id in self.cancelled:
            raise JobCancelled
        if self._stopping.is_set():
            raise TaskStopped
