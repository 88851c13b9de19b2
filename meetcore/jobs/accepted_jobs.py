"""Jobs from their acceptance to their start; `JobRunner` owns it.

Jobs that the store refused are kept here and saved when they start.
"""

from __future__ import annotations

import logging

from meetcore.errors import StoreError
from meetcore.jobs.job_queue import JobQueue
from meetcore.jobs.outcome import OutcomeWriter
from meetcore.records import Job, JobState, MeetingState
from meetcore.store.meetings import MeetingStore

logger = logging.getLogger(__name__)

UNFINISHED = (JobState.QUEUED, JobState.RUNNING)


class AcceptedJobs:
    """Saves jobs as QUEUED, CANCELLED or RUNNING. Safe from several threads."""

    def __init__(self, store: MeetingStore, queue: JobQueue, outcome: OutcomeWriter) -> None:
        self._store = store
        self._queue = queue
        self._outcome = outcome
        self._unsaved: dict[str, Job] = {}
        """Jobs that the store refused when they were accepted, by meeting."""

    def add(self, job: Job) -> None:
        """Save a job and let it wait; it replaces one that waits. Nothing while one runs.

        Raises
        ------
        StoreError
            The job cannot be saved; nothing has changed.
        MeetingNotFoundError
            There is no such meeting.
        """
        with self._queue.lock:
            if not self._queue.is_running(job.meeting_id):
                self._save_queued(job)
                self._queue.add(job.meeting_id)

    def add_in_any_case(self, job: Job) -> bool:
        """The same also when the store refuses; False when the meeting has a pending job.

        Raises
        ------
        MeetingNotFoundError
            There is no such meeting.
        """
        with self._queue.lock:
            if job.meeting_id in self._queue.pending():
                return False
            try:
                self._save_queued(job)
            except StoreError:
                logger.exception("meeting %s: its job is saved later", job.meeting_id)
                self._unsaved[job.meeting_id] = job
            return self._queue.add(job.meeting_id)

    def cancel(self, meeting_id: str) -> None:
        """Cancel the job of a meeting that does not run here.

        Raises
        ------
        StoreError
            It cannot be saved; the job still waits.
        """
        with self._queue.lock:
            with self._store.together():
                self._put_unsaved(meeting_id)
                job = self._store.jobs.get(meeting_id)
                if job is not None and job.state in UNFINISHED:
                    self._outcome.write_cancelled(meeting_id)
            self._unsaved.pop(meeting_id, None)
            self._queue.remove(meeting_id)

    def begin(self, meeting_id: str) -> Job | None:
        """Set RUNNING and attempts + 1; None unless QUEUED or RUNNING, or when it was deleted.

        Raises
        ------
        StoreError
            The store refused; nothing has changed.
        """
        with self._queue.lock:
            with self._store.together():
                self._put_unsaved(meeting_id)
                job = self._store.jobs.get(meeting_id)
                if job is not None and job.state in UNFINISHED:
                    self._store.update(meeting_id, state=MeetingState.FINALIZING, detail="")
                    job = self._store.jobs.update(
                        meeting_id, state=JobState.RUNNING, attempts=job.attempts + 1, detail=""
                    )
            self._unsaved.pop(meeting_id, None)
        return job if job is not None and job.state is JobState.RUNNING else None

    def is_over(self, meeting_id: str) -> bool:
        """Whether the store has no unfinished job of the meeting; False when it refuses."""
        if meeting_id in self._unsaved:
            return False
        try:
            job = self._store.jobs.get(meeting_id)
        except StoreError:
            return False
        return job is None or job.state not in UNFINISHED

    def forget(self, meeting_id: str) -> None:
        """Drop the job of a meeting that was deleted."""
        self._unsaved.pop(meeting_id, None)

    def _save_queued(self, job: Job) -> None:
        with self._store.together():
            self._put(job)
        self._unsaved.pop(job.meeting_id, None)
        self._outcome.forget(job.meeting_id)

    def _put_unsaved(self, meeting_id: str) -> None:
        if (job := self._unsaved.get(meeting_id)) is not None:
            self._put(job)

    def _put(self, job: Job) -> None:
        self._store.update(job.meeting_id, state=MeetingState.FINALIZING, progress=0.0, detail="")
        self._store.jobs.put(job)
