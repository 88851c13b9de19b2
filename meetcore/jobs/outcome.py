"""Writes how a job ended into the store: done, failed, cancelled, or queued again.

`JobRunner` calls it at the end of each attempt.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from meetcore.errors import MeetcoreError, MeetingNotFoundError, StoreError
from meetcore.jobs.failure_sentence import failure_sentence
from meetcore.jobs.job_queue import JobQueue
from meetcore.records import Job, JobStage, JobState, MeetingState
from meetcore.store.meetings import MeetingStore
from meetcore.store.retry import retry_write

logger = logging.getLogger(__name__)

CANCELLED = "It was cancelled; what was done is kept."


class OutcomeWriter:
    """Writes the last state of jobs. What the store refuses is kept and written later, as the
    runner goes on with the next job.

    Parameters
    ----------
    stopping : once set, a write that the store refuses is not tried again
    """

    def __init__(self, store: MeetingStore, queue: JobQueue, stopping: threading.Event) -> None:
        self._store = store
        self._queue = queue
        self._stopping = stopping
        self._unsaved: dict[str, Callable[[], None]] = {}
        """Writes of ends that the store refused, by meeting."""

    def done(self, meeting_id: str, detail: str) -> None:
        """Set DONE; `detail` says what the transcript lacks."""
        self._end(meeting_id, JobState.DONE, MeetingState.DONE, lambda: detail)

    def cancelled(self, meeting_id: str) -> None:
        """Set CANCELLED; the job can be resumed."""
        self._end(meeting_id, JobState.CANCELLED, MeetingState.INTERRUPTED, lambda: CANCELLED)

    def write_cancelled(self, meeting_id: str) -> None:
        """Set a job that does not run CANCELLED, once; raises StoreError when it is refused."""
        self._write_end(meeting_id, JobState.CANCELLED, MeetingState.INTERRUPTED, CANCELLED)

    def failed(self, job: Job, error: Exception) -> None:
        """Set FAILED with a sentence for the user."""
        meeting_id = job.meeting_id

        def sentence() -> str:
            # The runner's record of the job is older than the stage it failed in.
            return failure_sentence(self._store.jobs.get(meeting_id) or job, error)

        self._end(meeting_id, JobState.FAILED, MeetingState.FAILED, sentence)

    def requeue(self, meeting_id: str) -> None:
        """Set a RUNNING job QUEUED for the next start; the attempt is not counted."""
        try:
            with self._store.together():
                job = self._store.jobs.get(meeting_id)
                if job is not None and job.state is JobState.RUNNING:
                    self._store.jobs.update(
                        meeting_id, state=JobState.QUEUED, attempts=max(0, job.attempts - 1)
                    )
                    self._store.update(meeting_id, progress=0.0)
        except StoreError:
            logger.exception("meeting %s: its job resumes as after a crash", meeting_id)

    def forget(self, meeting_id: str) -> None:
        """Drop an end that was not saved: the meeting has a new job."""
        self._unsaved.pop(meeting_id, None)

    def save_unsaved(self) -> None:
        """Write the ends that the store refused, as far as it accepts them now."""
        for meeting_id, write in list(self._unsaved.items()):
            try:
                write()
            except MeetingNotFoundError:
                logger.info("meeting %s: it was deleted from the store", meeting_id)
            except StoreError:
                return
            self._unsaved.pop(meeting_id, None)

    def _end(
        self,
        meeting_id: str,
        state: JobState,
        meeting: MeetingState,
        detail: Callable[[], str],
    ) -> None:
        """Write both states, and free the queue's running slot in the same lock.

        Whoever reads DONE can then delete the meeting or queue it again. While the store refuses,
        the end is kept for `save_unsaved`.
        """

        def write() -> None:
            with self._queue.lock:
                self._write_end(meeting_id, state, meeting, detail())
                self._queue.release(meeting_id)

        try:
            retry_write(write, self._stopping)
        except MeetingNotFoundError:
            logger.info("meeting %s: it was deleted from the store", meeting_id)
        except MeetcoreError:
            logger.exception("meeting %s: the end of its job is saved later", meeting_id)
            self._unsaved[meeting_id] = write

    def _write_end(
        self, meeting_id: str, state: JobState, meeting: MeetingState, detail: str
    ) -> None:
        done = state is JobState.DONE
        with self._store.together():
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
