"""An engine in a process of its own: a codec that crashes takes no meeting down."""

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

from meetcore.asr.offline.recording import PieceWords
from meetcore.installation import child_environment, python_module
from meetcore.jobs.engines.messages import Cancel, Failed, Finished, Gone, Progressed, Setup
from meetcore.jobs.tasks import Result, Stopped, Task, UnknownFailure, Watch, WorkerDiedError
from meetcore.settings import Settings

logger = logging.getLogger(__name__)

POLL_S = 0.1
STOP_S = 1.5
"""How long a worker may take to end a task before it is killed."""
WARM_S = 300.0
"""How long a worker without work keeps its models for the next job."""


class _Worker:
    """One process, and the thread that hears it."""

    def __init__(self, settings: Settings) -> None:
        self._process = subprocess.Popen(
            python_module("meetcore.jobs.engines.child_main"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=child_environment(),
        )
        self._news: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._hear, name="worker-process", daemon=True)
        self._thread.start()
        self.send(Setup(settings, logger.getEffectiveLevel()))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def send(self, message: object) -> None:
        """Send; that a worker is gone is news of its own."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            pickle.dump(message, self._process.stdin)
            self._process.stdin.flush()

    def next(self, timeout_s: float) -> Any:
        """The next news, or None."""
        try:
            return self._news.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def end(self) -> None:
        """Kill it; nothing in it needs saving."""
        self._process.kill()
        self._process.wait()
        self._thread.join(5.0)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _hear(self) -> None:
        assert self._process.stdout is not None
        try:
            while True:
                self._news.put(pickle.load(self._process.stdout))
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            self._news.put(Gone(self._process.wait()))


class ProcessEngine:
    """See meetcore.jobs.tasks.Engine; the process begins with the first task."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._worker: _Worker | None = None
        self._used_at = 0.0
        self._outdated = False

    @property
    def pid(self) -> int | None:
        """Of the worker process, while there is one."""
        worker = self._worker
        return worker.pid if worker is not None and worker.alive else None

    def run(self, task: Task, watch: Watch) -> Result:
        """The result of a task."""
        if self._worker is None or not self._worker.alive or self._outdated:
            self.close()
            self._outdated = False
            self._worker = _Worker(self._settings)
        worker = self._worker
        worker.send(task)
        try:
            return self._followed(worker, watch)
        finally:
            self._used_at = time.monotonic()

    def rest(self) -> None:
        """Let a worker go that had nothing to do for a while."""
        if self._worker is not None and time.monotonic() - self._used_at > WARM_S:
            self.close()

    def renew(self) -> None:
        """The next task gets a worker of its own, which loads what there is by then."""
        self._outdated = True

    def close(self) -> None:
        """End the worker; idempotent."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()

    def _followed(self, worker: _Worker, watch: Watch) -> Result:
        while True:
            news = worker.next(POLL_S)
            if isinstance(news, Finished):
                return news.result
            if isinstance(news, Failed | Gone):
                raise self._error(news)
            try:
                _tell(watch, news)
            except BaseException:
                self._interrupt(worker)
                raise

    def _interrupt(self, worker: _Worker) -> None:
        """End the task at work, gently where that is quick: the models stay loaded."""
        worker.send(Cancel())
        deadline = time.monotonic() + STOP_S
        while time.monotonic() < deadline:
            if isinstance(worker.next(POLL_S), Failed | Finished):
                return
        self.close()

    def _error(self, news: Failed | Gone) -> Exception:
        if isinstance(news, Gone):
            self.close()
            return WorkerDiedError(_obituary(news.return_code))
        if news.stopped:
            return Stopped()
        return news.error or UnknownFailure(news.kind)


def _tell(watch: Watch, news: Progressed | PieceWords | None) -> None:
    if news is None:
        watch.poll()
    elif isinstance(news, Progressed):
        watch.progress(news.part)
    else:
        watch.piece(news)


def _obituary(code: int) -> str:
    if code >= 0:
        return f"The worker process ended unexpectedly (exit status {code})."
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = ", perhaps for lack of memory" if name == "SIGKILL" else ""
    return f"The worker process was ended by {name}{hint}."
