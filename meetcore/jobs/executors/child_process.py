"""An executor that runs tasks in a worker process; the server and the command line use it.

A codec or a model that crashes ends the worker (`WorkerDiedError`), not the running meetings.
"""

from __future__ import annotations

import signal
import threading
import time

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.jobs.executors.messages import (
    Cancel,
    Exited,
    Failed,
    Finished,
    Lane,
    Progressed,
    lane_of,
)
from meetcore.jobs.executors.worker_process import WorkerProcess
from meetcore.jobs.tasks import (
    Result,
    StalledTaskError,
    Task,
    TaskObserver,
    TaskStopped,
    UnexpectedTaskError,
    WorkerDiedError,
)
from meetcore.settings import Settings

POLL_S = 0.1
STOP_S = 1.5
"""How long a worker may take to end a cancelled task before it is killed."""
STALLED_S = 1800.0
"""Longer than one piece takes with a large model on a slow machine."""
LOADING_S = 3600.0
"""Until the first progress of a task: models may be downloaded before it."""
IDLE_S = 300.0
"""How long an idle worker keeps its models before it is ended."""


class ProcessExecutor:
    """A meetcore.jobs.tasks.TaskExecutor with a worker process, which the first task starts.

    Parameters
    ----------
    stalled_s : a worker whose task makes no progress for so many seconds is ended
    loading_s : the same until the first progress
    """

    def __init__(
        self, settings: Settings, stalled_s: float = STALLED_S, loading_s: float = LOADING_S
    ) -> None:
        self._settings = settings
        self._stalled_s, self._loading_s = stalled_s, loading_s
        self._lock = threading.Lock()
        self._worker: WorkerProcess | None = None
        self._n_tasks = 0
        """Tasks that run now."""
        self._used_at = 0.0
        self._outdated = False

    @property
    def pid(self) -> int | None:
        """Process id of the worker; None while there is none."""
        worker = self._worker
        return worker.pid if worker is not None else None

    def run(self, task: Task, observer: TaskObserver) -> Result:
        """Run a task in the worker; see meetcore.jobs.tasks.TaskExecutor for what it raises."""
        lane = lane_of(task)
        worker = self._begin()
        try:
            worker.send(lane, task)
            return self._follow(worker, lane, observer)
        finally:
            with self._lock:
                self._n_tasks -= 1
                self._used_at = time.monotonic()

    def idle(self) -> None:
        """End a worker that had no task for `IDLE_S`, to free its memory."""
        with self._lock:
            unused_s = time.monotonic() - self._used_at
            worker = self._worker if not self._n_tasks and unused_s > IDLE_S else None
        if worker is not None:
            self._end(worker)

    def reload_models(self) -> None:
        """Use a new worker for the next task, which loads its models then."""
        self._outdated = True

    def close(self) -> None:
        """Kill the worker; idempotent."""
        worker = self._worker
        if worker is not None:
            self._end(worker)

    def _begin(self) -> WorkerProcess:
        """The worker for one more task; another one is started where it has ended."""
        with self._lock:
            worker = self._worker
            # A task on the other lane keeps an outdated worker.
            is_old = self._outdated and not self._n_tasks
            if worker is None or worker.pid is None or is_old:
                if worker is not None:
                    worker.kill()
                self._outdated = False
                worker = self._worker = WorkerProcess(self._settings)
                worker.start()
            self._n_tasks += 1
            return worker

    def _end(self, worker: WorkerProcess) -> None:
        """Kill a worker; its tasks end with WorkerDiedError."""
        with self._lock:
            if self._worker is worker:
                self._worker = None
        worker.kill()

    def _follow(self, worker: WorkerProcess, lane: Lane, observer: TaskObserver) -> Result:
        """Report the worker's messages to the observer until the task ends."""
        heard_at, allowed_s = time.monotonic(), self._loading_s
        while True:
            message = worker.receive(lane, POLL_S)
            if message is not None:
                heard_at, allowed_s = time.monotonic(), self._stalled_s
            if isinstance(message, Finished):
                return message.result
            if isinstance(message, Failed | Exited):
                raise self._error(worker, message)
            try:
                self._refuse_stalled(worker, time.monotonic() - heard_at, allowed_s)
                _report(observer, message)
            except BaseException:
                self._cancel_task(worker, lane)
                raise

    def _refuse_stalled(self, worker: WorkerProcess, silent_s: float, allowed_s: float) -> None:
        if silent_s > allowed_s:
            self._end(worker)
            raise StalledTaskError(
                f"It made no progress for {allowed_s / 60:.0f} minutes and was ended."
            )

    def _cancel_task(self, worker: WorkerProcess, lane: Lane) -> None:
        """End the running task; a worker that ends it soon is kept with its loaded models."""
        if worker.pid is None:
            return
        worker.send(lane, Cancel())
        deadline = time.monotonic() + STOP_S
        while time.monotonic() < deadline:
            if isinstance(worker.receive(lane, POLL_S), Failed | Finished | Exited):
                return
        self._end(worker)

    def _error(self, worker: WorkerProcess, message: Failed | Exited) -> Exception:
        if isinstance(message, Exited):
            self._end(worker)
            return WorkerDiedError(_exit_message(message.return_code))
        if message.stopped:
            return TaskStopped()
        return message.error or UnexpectedTaskError(message.kind)


def _report(observer: TaskObserver, message: Progressed | PieceWords | None) -> None:
    if message is None:
        observer.poll()
    elif isinstance(message, Progressed):
        observer.progress(message.part)
    else:
        observer.piece(message)


def _exit_message(code: int) -> str:
    if code >= 0:
        return f"The worker process ended unexpectedly (exit status {code})."
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = ", perhaps for lack of memory" if name == "SIGKILL" else ""
    return f"The worker process was ended by {name}{hint}."
