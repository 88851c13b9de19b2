"""The thread that does jobs one after the other, on recordings and uploads alike."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from filelock import FileLock, Timeout

from meetcore.errors import MeetcoreError, MeetingNotFoundError, StoreError
from meetcore.jobs.job import Tools, Work
from meetcore.jobs.remaining_time import Speeds
from meetcore.jobs.second_pass import KEPT, KEPT_LIVE, failure_sentence
from meetcore.jobs.store_retry import persist
from meetcore.jobs.tasks import CancelledByPerson, Engine, Stopped, WorkerDiedError
from meetcore.profiles.recognition import KnownVoices
from meetcore.records import Job, JobStage, JobState, MeetingState
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
"""How often a job is begun before a person has to look at it."""
ELSEWHERE_S = 0.5
"""How often a job that another process does is looked at."""
CANCELLED = "It was cancelled; what was done is kept."

Result = TypeVar("Result")


@dataclass(slots=True)
class _Line:
    """Who waits, in order; one that another process works on does not hold up the others."""

    waiting: list[str] = field(default_factory=list)
    begun: set[str] = field(default_factory=set)
    """Those that may be taken."""
    working: str | None = None


class JobRunner:
    """Owns the thread and the engine; `stop` leaves what is unfinished to the next start.

    The thread alone writes jobs and transcripts; `accept`, `submit` and `cancel` come from pages.
    """

    def __init__(
        self,
        store: MeetingStore,
        settings: Settings,
        engine: Engine,
        known_voices: KnownVoices,
    ) -> None:
        self._store = store
        self._settings = settings
        self._engine = engine
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        speeds = Speeds(settings.data_dir / "speeds.json")
        self._tools = Tools(store, engine, settings, speeds, known_voices, self._persist)
        self._line = _Line()
        self._cancelled: set[str] = set()
        self._unsaved: dict[str, Job] = {}
        """Jobs that the store refused when they were asked for."""
        self._news = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queue a job; a meeting that already waits or is in work is not queued twice.

        Raises
        ------
        MeetingNotFoundError
            There is no such meeting.
        """
        if self.accept(job):
            self.begin(job.meeting_id)

    def accept(self, job: Job) -> bool:
        """Take a job over; False when its meeting was. It waits for `begin`.

        A store that refuses is no obstacle: the job is saved when it begins.
        """
        with self._news:
            if job.meeting_id in self._line.waiting or self._line.working == job.meeting_id:
                return False
            try:
                self._save_queued(job)
            except MeetingNotFoundError:
                raise
            except StoreError:
                logger.exception("meeting %s: its job is saved later", job.meeting_id)
                self._unsaved[job.meeting_id] = job
            self._cancelled.discard(job.meeting_id)
            self._line.waiting.append(job.meeting_id)
            return True

    def resume(self, meeting_id: str) -> None:
        """Queue a job that the store holds already, as it stands."""
        with self._news:
            if meeting_id not in self.pending_unlocked():
                self._line.waiting.append(meeting_id)
        self.begin(meeting_id)

    def begin(self, meeting_id: str) -> None:
        """Queue a meeting that was accepted."""
        with self._news:
            self._line.begun.add(meeting_id)
            self._news.notify_all()

    def cancel(self, meeting_id: str) -> None:
        """Give a job up; one in work ends within seconds, wherever it is done."""
        with self._news:
            mine = self._line.working == meeting_id
            if mine:
                self._cancelled.add(meeting_id)
            elif meeting_id in self._line.waiting:
                self._line.waiting.remove(meeting_id)
        job = self._store.jobs.get(meeting_id)
        if job is None or mine or job.state not in (JobState.QUEUED, JobState.RUNNING):
            return
        self._over(meeting_id, JobState.CANCELLED, MeetingState.INTERRUPTED, CANCELLED)

    def pending(self) -> frozenset[str]:
        """Meetings that wait or are in work here."""
        with self._news:
            working = {self._line.working} if self._line.working else set()
            return frozenset(working.union(self._line.waiting))

    def wait(self, meeting_id: str) -> None:
        """Return once a meeting has no work left here; also when the runner stops."""
        with self._news:
            while meeting_id in self.pending_unlocked() and not self._stopping.is_set():
                self._news.wait(0.2)

    def pending_unlocked(self) -> list[str | None]:
        """As `pending`, for who holds the lock."""
        return [self._line.working, *self._line.waiting]

    def stop(self, timeout_s: float = 10.0) -> bool:
        """End the thread and the engine; True when it has ended. Idempotent."""
        self._stopping.set()
        with self._news:
            self._news.notify_all()
        self._thread.join(timeout_s)
        ended = not self._thread.is_alive()
        if not ended:
            # A long piece outlasts the process: this was no crash, so the next start goes on.
            for meeting_id in self.pending():
                self._requeue(meeting_id)
        self._engine.close()
        return ended

    def _run(self) -> None:
        while not self._stopping.is_set():
            meeting_id, lock = self._next()
            if meeting_id is None or lock is None:
                self._engine.rest()
                continue
            try:
                self._work(meeting_id)
            except Exception:  # top of a thread
                logger.exception("meeting %s: how it ended could not be saved", meeting_id)
            finally:
                lock.release()
                self._leave(meeting_id)

    def _next(self) -> tuple[str | None, FileLock | None]:
        """The first meeting that no other process works on, and its lock."""
        with self._news:
            for meeting_id in self._line.waiting:
                if meeting_id not in self._line.begun:
                    continue
                lock = self._lock(meeting_id)
                if lock is None and not self._is_over(meeting_id):
                    continue
                self._line.waiting.remove(meeting_id)
                self._line.begun.discard(meeting_id)
                if lock is not None:
                    self._line.working = meeting_id
                return meeting_id, lock
            # A refused lock has no news of its own: another process works on it.
            self._news.wait(ELSEWHERE_S if self._line.begun else 5.0)
            return None, None

    def _lock(self, meeting_id: str) -> FileLock | None:
        folder = self._settings.recordings_dir / meeting_id
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "job.lock", thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
        return lock

    def _leave(self, meeting_id: str) -> None:
        with self._news:
            if self._line.working == meeting_id:
                self._line.working = None
            self._cancelled.discard(meeting_id)
            self._news.notify_all()

    def _is_over(self, meeting_id: str) -> bool:
        if meeting_id in self._unsaved:
            return False
        try:
            job = self._store.jobs.get(meeting_id)
        except StoreError:
            return False
        return job is None or job.state not in (JobState.QUEUED, JobState.RUNNING)

    def _work(self, meeting_id: str) -> None:
        """Do a job; once more when the worker died under it."""
        for last in (False, True):
            job = self._persist(lambda: self._begun(meeting_id))
            if job is None:
                return
            try:
                self._finish(job)
            except WorkerDiedError as error:
                logger.exception("meeting %s: the worker died", meeting_id)
                if last or job.attempts >= MOST_ATTEMPTS:
                    self._fail(job, error)
                    return
                continue
            return

    def _begun(self, meeting_id: str) -> Job | None:
        """The job as it stands now, one attempt on; None when there is nothing to do."""
        if (unsaved := self._unsaved.get(meeting_id)) is not None:
            self._save_queued(unsaved)
            del self._unsaved[meeting_id]
        job = self._store.jobs.get(meeting_id)
        if job is None or job.state not in (JobState.QUEUED, JobState.RUNNING):
            return None
        self._store.update(meeting_id, state=MeetingState.FINALIZING, detail="")
        return self._store.jobs.update(
            meeting_id, state=JobState.RUNNING, attempts=job.attempts + 1, detail=""
        )

    def _finish(self, job: Job) -> None:
        meeting_id = job.meeting_id
        try:
            detail = Work(self._tools, job, lambda: self._ask(meeting_id)).run()
        except CancelledByPerson:
            logger.info("meeting %s: cancelled", meeting_id)
            self._over(meeting_id, JobState.CANCELLED, MeetingState.INTERRUPTED, CANCELLED)
        except Stopped:
            logger.info("meeting %s: its job waits for the next start", meeting_id)
            self._requeue(meeting_id)
        except WorkerDiedError:
            raise
        except Exception as error:
            logger.exception("meeting %s: its job failed", meeting_id)
            self._fail(job, error)
        else:
            logger.info("meeting %s: done", meeting_id)
            self._over(meeting_id, JobState.DONE, MeetingState.DONE, detail)

    def _fail(self, job: Job, error: Exception) -> None:
        current = self._persist(lambda: self._store.jobs.get(job.meeting_id)) or job
        uploaded = current.source_path is not None
        if current.stage is JobStage.DECODING and isinstance(error, MeetcoreError):
            why = str(error)
        else:
            why = failure_sentence(error, KEPT if uploaded else KEPT_LIVE)
        self._over(job.meeting_id, JobState.FAILED, MeetingState.FAILED, why)

    def _ask(self, meeting_id: str) -> None:
        """Called by the work, often."""
        if meeting_id in self._cancelled:
            raise CancelledByPerson
        if self._stopping.is_set():
            raise Stopped

    def _over(self, meeting_id: str, state: JobState, meeting: MeetingState, detail: str) -> None:
        """Save how it ended; who reads "done" finds the meeting free to be deleted or redone."""
        done = state is JobState.DONE

        def write() -> None:
            with self._news:
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
                if self._line.working == meeting_id:
                    self._line.working = None

        try:
            self._persist(write)
        except MeetingNotFoundError:
            logger.info("meeting %s: it is gone from the store", meeting_id)
        except MeetcoreError:
            logger.exception("meeting %s: how it ended could not be saved", meeting_id)

    def _requeue(self, meeting_id: str) -> None:
        """A stop is no failed attempt."""
        try:
            job = self._store.jobs.get(meeting_id)
            if job is not None and job.state is JobState.RUNNING:
                self._store.jobs.update(
                    meeting_id, state=JobState.QUEUED, attempts=max(0, job.attempts - 1)
                )
                self._store.update(meeting_id, progress=0.0)
        except StoreError:
            logger.exception("meeting %s: it is taken up as after a crash", meeting_id)

    def _save_queued(self, job: Job) -> Job:
        self._store.update(job.meeting_id, state=MeetingState.FINALIZING, progress=0.0, detail="")
        return self._store.jobs.put(job)

    def _persist(self, write: Callable[[], Result]) -> Result:
        return persist(write, self._stopping)
