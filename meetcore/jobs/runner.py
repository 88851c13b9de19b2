"""`JobRunner`: the thread that runs the jobs of the store one at a time."""

from __future__ import annotations

import logging
import threading

from filelock import FileLock

from meetcore.errors import StoreError
from meetcore.jobs.job_queue import JobQueue
from meetcore.jobs.outcome import OutcomeWriter
from meetcore.jobs.remaining_time import Speeds
from meetcore.jobs.run_stored_job import JobContext, run_job
from meetcore.jobs.tasks import JobCancelled, TaskExecutor, TaskStopped, WorkerDiedError
from meetcore.profiles.known_voices import KnownVoices
from meetcore.records import Job, JobState, MeetingState
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore
from meetcore.store.retry import retry_write

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
"""Attempts of a job before it waits for the user."""
UNFINISHED = (JobState.QUEUED, JobState.RUNNING)


class JobRunner:
    """Runs jobs on a thread of its own, from start() or the first job to stop().

    `stop` is for the owner; all other methods are safe from any thread. A job that is
    stopped is QUEUED in the store, for the next start of the process.
    """

    def __init__(
        self,
        store: MeetingStore,
        settings: Settings,
        executor: TaskExecutor,
        known_voices: KnownVoices,
    ) -> None:
        self._store = store
        self._executor = executor
        self._stopping = threading.Event()
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        speeds = Speeds(settings.data_dir / "speeds.json")
        self._context = JobContext(
            store,
            executor,
            settings,
            speeds,
            known_voices,
            retry_write=lambda write: retry_write(write, self._stopping),
        )
        self._queue = JobQueue(settings.recordings_dir, self._is_over)
        self._outcome = OutcomeWriter(store, self._queue, self._stopping)
        self._cancelled: set[str] = set()
        self._unsaved: dict[str, Job] = {}
        """Jobs that the store refused when they were accepted."""
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._started = False

    def start(self) -> None:
        """Start the thread; idempotent, and without effect after stop()."""
        with self._queue.lock:
            if not self._started and not self._stopping.is_set():
                self._started = True
                self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> bool:
        """End the thread and close the executor; False when the thread still runs. Idempotent."""
        with self._queue.lock:
            self._stopping.set()
            started = self._started
        self._queue.wake()
        if started:
            self._thread.join(timeout_s)
        ended = not self._thread.is_alive()
        if not ended:
            # A long piece outlasts the process: this is no crash, so the attempt is not counted.
            for meeting_id in self.pending():
                self._outcome.requeue(meeting_id)
        self._executor.close()
        return ended

    def submit(self, job: Job) -> None:
        """Queue a job, unless the meeting's job waits or runs already.

        Raises
        ------
        MeetingNotFoundError
            There is no such meeting.
        """
        if self.enqueue_held(job):
            self.release_held(job.meeting_id)

    def enqueue_held(self, job: Job) -> bool:
        """Queue a job, held back until `release_held`; False when the meeting has a pending job.

        When the store refuses, the job is saved when it starts.

        Raises
        ------
        MeetingNotFoundError
            There is no such meeting.
        """
        meeting_id = job.meeting_id
        with self._queue.lock:
            if meeting_id in self._queue.pending():
                return False
            try:
                self._save_queued(job)
            except StoreError:
                logger.exception("meeting %s: its job is saved later", meeting_id)
                self._unsaved[meeting_id] = job
            self._cancelled.discard(meeting_id)
            return self._queue.add(meeting_id)

    def release_held(self, meeting_id: str) -> None:
        """Let a held job run, starting the thread where that has not happened yet."""
        self.start()
        self._queue.make_ready(meeting_id)

    def resume(self, meeting_id: str) -> None:
        """Queue the job that the store holds for a meeting."""
        self._queue.add(meeting_id)
        self.release_held(meeting_id)

    def cancel(self, meeting_id: str) -> None:
        """Cancel a job; a running one ends within seconds, in whichever process it runs."""
        with self._queue.lock:
            runs_here = self._queue.is_running(meeting_id)
            if runs_here:
                self._cancelled.add(meeting_id)
            else:
                self._queue.remove(meeting_id)
        job = self._store.jobs.get(meeting_id)
        if job is not None and not runs_here and job.state in UNFINISHED:
            self._outcome.cancelled(meeting_id)

    def pending(self) -> frozenset[str]:
        """Meetings whose job waits or runs in this process."""
        return self._queue.pending()

    def wait(self, meeting_id: str) -> None:
        """Block until a meeting's job is over in this process, or the runner stops."""
        self._queue.wait_until_over(meeting_id, self._stopping)

    def _run(self) -> None:
        while not self._stopping.is_set():
            taken = self._take()
            if taken is None:
                self._executor.idle()
                continue
            meeting_id, file_lock = taken
            try:
                self._work(meeting_id)
            except Exception:  # top of a thread
                logger.exception("meeting %s: the end of its job could not be saved", meeting_id)
            finally:
                file_lock.release()
                with self._queue.lock:
                    self._cancelled.discard(meeting_id)
                    self._queue.release(meeting_id)

    def _take(self) -> tuple[str, FileLock] | None:
        """The next meeting and its lock; None after a wait without one, at once when stopping."""
        # Under the lock: a stop between the check and the wait would not end the wait.
        with self._queue.lock:
            return None if self._stopping.is_set() else self._queue.take()

    def _work(self, meeting_id: str) -> None:
        """Run a job; once more when the worker process died."""
        for last in (False, True):
            job = retry_write(lambda: self._mark_running(meeting_id), self._stopping)
            if job is None:
                return
            try:
                self._attempt(job)
            except WorkerDiedError as error:
                logger.exception("meeting %s: the worker died", meeting_id)
                if last or job.attempts >= MAX_ATTEMPTS:
                    self._outcome.failed(job, error)
                    return
            else:
                return

    def _mark_running(self, meeting_id: str) -> Job | None:
        """Set RUNNING and attempts + 1; None unless QUEUED or RUNNING."""
        if (unsaved := self._unsaved.get(meeting_id)) is not None:
            self._save_queued(unsaved)
            del self._unsaved[meeting_id]
        job = self._store.jobs.get(meeting_id)
        if job is None or job.state not in UNFINISHED:
            return None
        self._store.update(meeting_id, state=MeetingState.FINALIZING, detail="")
        return self._store.jobs.update(
            meeting_id, state=JobState.RUNNING, attempts=job.attempts + 1, detail=""
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
        if meeting_id in self._cancelled:
            raise JobCancelled
        if self._stopping.is_set():
            raise TaskStopped

    def _is_over(self, meeting_id: str) -> bool:
        """Whether the store has no unfinished job of the meeting; False when it refuses."""
        if meeting_id in self._unsaved:
            return False
        try:
            job = self._store.jobs.get(meeting_id)
        except StoreError:
            return False
        return job is None or job.state not in UNFINISHED

    def _save_queued(self, job: Job) -> None:
        self._store.update(job.meeting_id, state=MeetingState.FINALIZING, progress=0.0, detail="")
        self._store.jobs.put(job)
