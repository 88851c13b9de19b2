"""`WorkerProcess`: one worker process (child_main), and the thread that reads its messages."""

from __future__ import annotations

import contextlib
import logging
import pickle
import queue
import subprocess
import threading
from typing import Any

from meetcore.installation import child_environment, python_module
from meetcore.jobs.executors.messages import Exited, Lane, OnLane, Setup
from meetcore.settings import Settings
from meetcore.supervised import note

logger = logging.getLogger(__name__)

JOIN_S = 5.0


class WorkerProcess:
    """One worker process, and the thread that reads its messages; both begin in start().

    It has one task on each lane at a time. Safe from several threads.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._messages: dict[Lane, queue.SimpleQueue[Any]] = {
            lane: queue.SimpleQueue() for lane in Lane
        }
        self._sending = threading.Lock()
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
        self._write(Setup(self._settings, logger.getEffectiveLevel()))

    @property
    def pid(self) -> int | None:
        """Process id; None when it has ended."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def send(self, lane: Lane, message: object) -> None:
        """Send; a broken pipe is ignored, the reader thread reports the exit."""
        self._write(OnLane(lane, message))

    def _write(self, message: object) -> None:
        assert self._process is not None and self._process.stdin is not None
        # ValueError: another thread has ended the process and closed the pipe.
        with self._sending, contextlib.suppress(OSError, ValueError):
            pickle.dump(message, self._process.stdin)
            self._process.stdin.flush()

    def receive(self, lane: Lane, timeout_s: float) -> Any:
        """The next message of a lane; None when there is none within so many seconds."""
        try:
            return self._messages[lane].get(timeout=timeout_s)
        except queue.Empty:
            return None

    def kill(self) -> None:
        """Kill the process and wait for its end; nothing in it needs saving. Idempotent."""
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
                message: OnLane = pickle.load(self._process.stdout)
                self._messages[message.lane].put(message.message)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            pass
        except Exception as error:
            # What follows in the pipe cannot be read either: the tasks end with their process.
            note("jobs", error)
            self._process.kill()
        exited = Exited(self._process.wait())
        for messages in self._messages.values():
            messages.put(exited)
