"""Writes how a job ended into the store: done, failed, cancelled, or queued again.

`JobRunner` calls it at the end of each attempt.
"""

from __future__ import annotations

import logging
import threading

from meetcore.errors import (
    MeetcoreError,
    MeetingNotFoundError,
    ModelUnavailableError,
    StoreError,
)
from meetcore.jobs.job_queue import JobQueue
from meetcore.jobs.tasks import UnexpectedTaskError
from meetcore.records import Job, JobStage, JobState, MeetingState
from meetcore.store.meetings import MeetingStore
from meetcore.store.retry import retry_write

logger = logging.getLogger(__name__)

CANCELLED = "It was cancelled; what was done is kept."
KEPT_LIVE = "The recording and what was said live are kept."
KEPT_UPLOAD = "The recording is kept; try again."


class OutcomeWriter:
    """Writes the last state of jobs; errors are logged, as the runner goes on with the next job.

    Parameters
    ----------
    stopping : once set, a write that the store refuses is not tried again
    """

    def __init__(self, store: MeetingStore, queue: JobQueue, stopping: threading.Event) -> None:
        self._store = store
        self._queue = queue
        self._stopping = stopping

    def done(self, meeting_id: str, detail: str) -> None:
        """Set DONE; `detail` says what the transcript lacks."""
        self._end(meeting_id, JobState.DONE, MeetingState.DONE, detail)

    def cancelled(self, meeting_id: str) -> None:
        """Set CANCELLED; the job can be resumed."""
        self._end(meeting_id, JobState.CANCELLED, MeetingState.INTERRUPTED, CANCELLED)

    def failed(self, job: Job, error: Exception) -> None:
        """Set FAILED with a sentence for the user."""
        meeting_id = job.meeting_id
        # The runner's record of the job is older than the stage it failed in.
        current = retry_write(lambda: self._store.jobs.get(meeting_id), self._stopping) or job
        sentence = failure_sentence(current, error)
        self._end(meeting_id, JobState.FAILED, MeetingState.FAILED, sentence)

    def requeue(self, meeting_id: str) -> None:
        """Set a RUNNING job QUEUED for the next start; the attempt is not counted."""
        try:
            job = self._store.jobs.get(meeting_id)
            if job is not None and job.state is JobState.RUNNING:
                self._store.jobs.update(
                    meeting_id, state=JobState.QUEUED, attempts=max(0, job.attempts - 1)
                )
                self._store.update(meeting_id, progress=0.0)
        except StoreError:
            logger.exception("meeting %s: its job resumes as after a crash", meeting_id)

    def _end(self, meeting_id: str, state: JobState, meeting: MeetingState, detail: str) -> None:
        """Write both states, and free the queue's running slot in the same lock.

        Whoever reads DONE can then delete the meeting or queue it again.
        """
        done = state is JobState.DONE

        def write() -> None:
            with self._queue.lock:
                self._store.jobs.update(
                    meeting_id,
                    state=state,
                    stage=JobStage.ATTRIBUTING if done else None,
                    detail=detail,
                    progress=1.0 if done else None,
                    overall=1.0 if done else None,
                    remaining_s=None,
                )
                self._store.update(
                    meeting_id, state=meeting, detail=detail, progress=1.0 if done else None
                )
                self._queue.release(meeting_id)

        try:
            retry_write(write, self._stopping)
        except MeetingNotFoundError:
            logger.info("meeting %s: it was deleted from the store", meeting_id)
        except MeetcoreError:
            logger.exception("meeting %s: the end of its job could not be saved", meeting_id)


def failure_sentence(job: Job, error: Exception) -> str:
    """Why a job failed and what is kept, for the user."""
    if job.stage is JobStage.DECODING and isinstance(error, MeetcoreError):
        return str(error)
    if isinstance(error, ModelUnavailableError):
        return f"{error} The recording is kept; finish it once a recognizer is there."
    kept = KEPT_LIVE if job.source_path is None else KEPT_UPLOAD
    if isinstance(error, MeetcoreError):
        if "try again" in str(error).lower():
            kept = kept.replace("; try again", "")
        return f"{error} {kept}"
    kind = str(error) if isinstance(error, UnexpectedTaskError) else type(error).__name__
    return f"The second pass failed ({kind}). {kept}"
