"""`JobRunner`: the thread that runs the jobs of the store one at a time."""

from __future__ import annotations

import contextlib
import logging
import threading

from filelock import FileLock

from meetcore.errors import MeetcoreError, StoreError
from meetcore.jobs.accepted_jobs import AcceptedJobs
from meetcore.jobs.failure_sentence import os_error_sentence
from meetcore.jobs.job_attempts import MAX_ATTEMPTS, JobAttempts
from meetcore.jobs.job_context import JobContext
from meetcore.jobs.job_queue import JobQueue
from meetcore.jobs.outcome import OutcomeWriter
from meetcore.jobs.remaining_time import Speeds
from meetcore.jobs.tasks import TaskExecutor
from meetcore.profiles.known_voices import KnownVoices
from meetcore.records import Job, JobStage, JobState
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore
from meetcore.store.retry import retry_write
from meetcore.supervised import keep_running, note

logger = logging.getLogger(__name__)


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
        self._queue = JobQueue(
            settings.recordings_dir,
            lambda meeting_id: self._accepted.is_over(meeting_id),
            self._folder_refused,
        )
        self._outcome = OutcomeWriter(store, self._queue, self._stopping)
        self._accepted = AcceptedJobs(store, self._queue, self._outcome)
        self._attempts = JobAttempts(self._context, self._accepted, self._outcome, self._stopping)
        self._failures: dict[str, int] = {}
        """Errors in a row outside the stages, by meeting."""
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
        """Queue a job; it replaces one that waits. Without effect while the meeting's job runs.

        Raises
        ------
        StoreError
            The job cannot be saved; nothing has changed.
        MeetingNotFoundError
            There is no such meeting.
        """
        with self._queue.lock:
            self._accepted.add(job)
            if not self.is_running(job.meeting_id):
                self._attempts.cancelled.discard(job.meeting_id)
        self.release_held(job.meeting_id)

    def enqueue_held(self, job: Job) -> bool:
        """Queue a job, held back until `release_held`; False when the meeting has a pending job.

        When the store refuses, the job is saved when it starts.

        Raises
        ------
        MeetingNotFoundError
            There is no such meeting.
        """
        return self._accepted.add_in_any_case(job)

    def release_held(self, meeting_id: str) -> None:
        """Let a held job run, starting the thread where that has not happened yet."""
        self.start()
        self._queue.make_ready(meeting_id)

    def resume(self, meeting_id: str) -> None:
        """Queue the job that the store holds for a meeting."""
        self._queue.add(meeting_id)
        self.release_held(meeting_id)

    def is_running(self, meeting_id: str) -> bool:
        """Whether the meeting's job runs in this process."""
        return self._queue.is_running(meeting_id)

    def cancel(self, meeting_id: str) -> None:
        """Cancel a job; a running one ends within seconds, in whichever process it runs.

        Raises
        ------
        StoreError
            It cannot be saved; the job still waits.
        """
        with self._queue.lock:
            if self._queue.is_running(meeting_id):
                self._attempts.cancelled.add(meeting_id)
            else:
                self._accepted.cancel(meeting_id)

    def pending(self) -> frozenset[str]:
        """Meetings whose job waits or runs in this process."""
        return self._queue.pending()

    def wait(self, meeting_id: str) -> None:
        """Block until a meeting's job is over here, or the runner stops."""
        self._queue.wait_until_over(meeting_id, self._stopping)

    def _run(self) -> None:
        keep_running("jobs", self._step, self._stopping.is_set, self._stopping.wait)

    def _step(self) -> None:
        """Run the next job, or wait for one; what it raises is noted, and the next step follows."""
        self._outcome.save_unsaved()
        taken = self._take()
        if taken is None:
            self._executor.idle()
            return
        meeting_id, file_lock = taken
        try:
            self._attempts.run(meeting_id)
            self._failures.pop(meeting_id, None)
        except Exception as error:
            self._begin_again(meeting_id, error)
            raise
        finally:
            with self._queue.lock:
                self._queue.release(meeting_id)
                if meeting_id not in self.pending():
                    self._attempts.cancelled.discard(meeting_id)
            file_lock.release()

    def _begin_again(self, meeting_id: str, error: Exception) -> None:
        """Let a job wait again that met an error outside its stages, a few times at most."""
        failures = self._failures[meeting_id] = self._failures.get(meeting_id, 0) + 1
        if isinstance(error, StoreError) or failures < MAX_ATTEMPTS:
            self._queue.put_back(meeting_id)
        else:
            del self._failures[meeting_id]
            self._outcome.failed(_unknown_job(meeting_id), error)

    def _take(self) -> tuple[str, FileLock] | None:
        """The next meeting and its lock; None after a wait without one, at once when stopping."""
        # Under the lock: a stop between the check and the wait would not end the wait.
        with self._queue.lock:
            return None if self._stopping.is_set() else self._queue.take()

    def _folder_refused(self, meeting_id: str, error: OSError) -> None:
        """Say why a job does not begin; the queue tries again."""
        note("jobs", error)
        sentence = f"{os_error_sentence(error)} The work begins by itself once that is mended."
        with contextlib.suppress(MeetcoreError):  # On a full disk the database refuses too.
            self._store.jobs.update(meeting_id, detail=sentence)


def _unknown_job(meeting_id: str) -> Job:
    """What is known of a job that cannot be read."""
    return Job(meeting_id, JobState.RUNNING, JobStage.RECOGNIZING)
