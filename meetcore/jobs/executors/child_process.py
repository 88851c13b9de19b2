"""An executor that runs tasks in a worker process; the server and the command line use it.

A codec or a model that crashes ends the worker (`WorkerDiedError`), not the running meetings.
"""

from __future__ import annotations

import contextlib
import logging
import pickle
import queue
import signal
import subprocess
import threading
import time
from typing import Any

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.installation import child_environment, python_module
from meetcore.jobs.executors.messages import Cancel, Exited, Failed, Finished, Progressed, Setup
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
from meetcore.supervised import note

logger = logging.getLogger(__name__)

POLL_S = 0.1
STOP_S = 1.5
"""How long a worker may take to end a cancelled task before it is killed."""
JOIN_S = 5.0
STALLED_S = 1800.0
"""Longer than one piece takes with a large model on a slow machine."""
LOADING_S = 3600.0
"""Until the first progress of a task: models may be downloaded before it."""
IDLE_S = 300.0
"""How long an idle worker keeps its models before it is ended."""


class _Worker:
    """One worker process, and the thread that reads its messages; both begin in start()."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._messages: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._read, name="worker-process", daemon=True)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; returns before it has imported anything."""
        self._process = subprocess.Popen(
            python_module("meetcore.jobs.executors.child_main"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=child_environment(),
        )
        self._thread.start()
        self.send(Setup(self._settings, logger.getEffectiveLevel()))

    @property
    def pid(self) -> int | None:
        """Process id; None when it has ended."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def send(self, message: object) -> None:
        """Send; a broken pipe is ignored, the reader thread reports the exit."""
        assert self._process is not None and self._process.stdin is not None
        with contextlib.suppress(OSError):
            pickle.dump(message, self._process.stdin)
            self._process.stdin.flush()

    def receive(self, timeout_s: float) -> Any:
        """The next message; None when there is none within so many seconds."""
        try:
            return self._messages.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def kill(self) -> None:
        """Kill the process and wait for its end; nothing in it needs saving."""
        process = self._process
        if process is None:
            return
        process.kill()
        process.wait()
        self._thread.join(JOIN_S)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _read(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        try:
            while True:
                self._messages.put(pickle.load(self._process.stdout))
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            pass
        except Exception as error:
            # What follows in the pipe cannot be read either: the task ends with its process.
            note("jobs", error)
            self._process.kill()
        self._messages.put(Exited(self._process.wait()))


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
        self._worker: _Worker | None = None
        self._used_at = 0.0
        self._outdated = False

    @property
    def pid(self) -> int | None:
        """Process id of the worker; None while there is none."""
        worker = self._worker
        return worker.pid if worker is not None else None

    def run(self, task: Task, observer: TaskObserver) -> Result:
        """Run a task in the worker; see meetcore.jobs.tasks.TaskExecutor for what it raises."""
        if self.pid is None or self._outdated:
            self.close()
            self._outdated = False
            self._worker = _Worker(self._settings)
            self._worker.start()
        worker = self._worker
        assert worker is not None
        worker.send(task)
        try:
            return self._follow(worker, observer)
        finally:
            self._used_at = time.monotonic()

    def idle(self) -> None:
        """End a worker that had no task for `IDLE_S`, to free its memory."""
        if self._worker is not None and time.monotonic() - self._used_at > IDLE_S:
            self.close()

    def reload_models(self) -> None:
        """Use a new worker for the next task, which loads its models then."""
        self._outdated = True

    def close(self) -> None:
        """Kill the worker; idempotent."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()

    def _follow(self, worker: _Worker, observer: TaskObserver) -> Result:
        """Report the worker's messages to the observer until the task ends."""
        heard_at, allowed_s = time.monotonic(), self._loading_s
        while True:
            message = worker.receive(POLL_S)
            if message is not None:
                heard_at, allowed_s = time.monotonic(), self._stalled_s
            if isinstance(message, Finished):
                return message.result
            if isinstance(message, Failed | Exited):
                raise self._error(message)
            try:
                self._refuse_stalled(time.monotonic() - heard_at, allowed_s)
                _report(observer, message)
            except BaseException:
                self._cancel_task(worker)
                raise

    def _refuse_stalled(self, silent_s: float, allowed_s: float) -> None:
        if silent_s > allowed_s:
            self.close()
            raise StalledTaskError(
                f"It made no progress for {allowed_s / 60:.0f} minutes and was ended."
            )

    def _cancel_task(self, worker: _Worker) -> None:
        """End the running task; a worker that ends it soon is kept with its loaded models."""
        if worker.pid is None:
            return
        worker.send(Cancel())
        deadline = time.monotonic() + STOP_S
        while time.monotonic() < deadline:
            if isinstance(worker.receive(POLL_S), Failed | Finished):
                return
        self.close()

    def _error(self, message: Failed | Exited) -> Exception:
        if isinstance(message, Exited):
            self.close()
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
