"""The worker process of `ProcessExecutor`: reads tasks from stdin, writes their results to stdout.

Messages are pickles, safe because parent and child are one program. The child exits when its
stdin is closed, so it ends with the server.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from typing import BinaryIO

from meetcore.jobs.executors.messages import Lane, OnLane, Setup
from meetcore.jobs.executors.task_lane import TaskLane
from meetcore.jobs.growing_recordings import GrowingRecordings
from meetcore.jobs.lazy_models import LazyModels
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
        self.lanes = {lane: TaskLane(partial(self.send, lane), lane.value) for lane in Lane}

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
    pipe.lanes[Lane.ROLLING].start(models, growing)
    pipe.lanes[Lane.JOBS].run(models, growing)


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
