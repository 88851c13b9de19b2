"""The worker process of `ProcessExecutor`: reads tasks from stdin, writes their results to stdout.

Messages are pickles, safe because parent and child are one program. The child exits when its
stdin is closed, so it ends with the server.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import queue
import signal
import sys
import threading
from pathlib import Path
from typing import BinaryIO

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.errors import MeetcoreError
from meetcore.jobs.executors.messages import (
    Cancel,
    Failed,
    Finished,
    Lane,
    OnLane,
    Progressed,
    Setup,
)
from meetcore.jobs.growing_recordings import GrowingRecordings
from meetcore.jobs.lazy_models import LazyModels
from meetcore.jobs.perform_task import perform
from meetcore.jobs.tasks import Task, TaskStopped
from meetcore.text.log_lines import write_one_line_records

logger = logging.getLogger(__name__)

NICENESS = 10
OOM_SCORE = 700
"""Linux kills this process before the server when memory runs out (oom_score_adj)."""


class _ParentPipe:
    """The connection to the parent: sorts its messages by lane, and sends reports."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._sink = sink
        self._source = source
        self._sending = threading.Lock()
        self.lanes = {lane: _LanePipe(self, lane) for lane in Lane}

    def receive(self) -> None:
        """Queue the parent's tasks; exits the process when stdin is closed. Runs on a thread."""
        while True:
            try:
                message = pickle.load(self._source)
                self.lanes[message.lane].take(message.message)
            except (EOFError, OSError):
                os._exit(0)  # The parent has ended; nothing here needs saving.
            except Exception:
                logger.exception("a message of the server cannot be read")
                os._exit(1)  # The server starts another process.

    def send(self, lane: Lane, message: object) -> None:
        """Send; exits the process when the parent has ended."""
        try:
            with self._sending:
                pickle.dump(OnLane(lane, message), self._sink)
                self._sink.flush()
        except OSError:
            os._exit(0)


class _LanePipe:
    """The tasks of one lane, and the TaskObserver that reports on them."""

    def __init__(self, pipe: _ParentPipe, lane: Lane) -> None:
        self._pipe = pipe
        self._lane = lane
        self._cancelled = threading.Event()
        self.tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()

    def take(self, message: Task | Cancel) -> None:
        """Queue a task, or cancel the one that runs."""
        if isinstance(message, Cancel):
            self._cancelled.set()
        else:
            self._cancelled.clear()
            self.tasks.put(message)

    def send(self, message: object) -> None:
        """Send a report or an outcome."""
        self._pipe.send(self._lane, message)

    def poll(self) -> None:
        """Raise TaskStopped when the parent cancelled the task."""
        if self._cancelled.is_set():
            raise TaskStopped

    def progress(self, part: float) -> None:
        """Send the part done."""
        self.poll()
        self.send(Progressed(part))

    def piece(self, words: PieceWords) -> None:
        """Send the words of a piece."""
        self.poll()
        self.send(words)


def main() -> None:
    """Run tasks until the parent ends."""
    logging.basicConfig(level=logging.INFO, format="worker: %(levelname)s %(name)s: %(message)s")
    write_one_line_records()
    pipe = _ParentPipe(*_message_streams())
    _lower_priority()
    setup = pickle.load(sys.stdin.buffer)
    assert isinstance(setup, Setup)
    logging.getLogger().setLevel(setup.log_level)
    models = LazyModels(setup.settings)
    growing = GrowingRecordings()
    threading.Thread(target=pipe.receive, name="parent", daemon=True).start()
    rolling = (pipe.lanes[Lane.ROLLING], models, growing)
    threading.Thread(target=_run_lane, args=rolling, name="rolling-tasks", daemon=True).start()
    _run_lane(pipe.lanes[Lane.JOBS], models, growing)


def _run_lane(pipe: _LanePipe, models: LazyModels, growing: GrowingRecordings) -> None:
    while True:
        task = pipe.tasks.get()
        pipe.send(_outcome(task, models, growing, pipe))


def _outcome(
    task: Task, models: LazyModels, growing: GrowingRecordings, pipe: _LanePipe
) -> Finished | Failed:
    """Run a task. The except is broad because this is the top of a thread: the error is logged
    and its class sent to the parent."""
    try:
        return Finished(perform(task, models, pipe, growing))
    except TaskStopped:
        return Failed(stopped=True)
    except MeetcoreError as error:
        logger.info("a task failed: %s", type(error).__name__)
        return Failed(error)
    except MemoryError:
        logger.exception("out of memory")
        os._exit(1)
    except Exception as error:
        logger.exception("a task failed")
        return Failed(kind=type(error).__name__)


def _message_streams() -> tuple[BinaryIO, BinaryIO]:
    """Streams for messages; from now on, what a library prints to stdout goes to stderr."""
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return sys.stdin.buffer, sink


def _lower_priority() -> None:
    """Let running meetings have the processor and the memory first; leave Ctrl-C to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(AttributeError):  # Not on Windows.
        os.nice(NICENESS)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE), encoding="ascii")


if __name__ == "__main__":
    main()
