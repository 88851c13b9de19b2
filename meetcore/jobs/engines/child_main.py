"""The worker process: reads tasks from stdin, writes their results to stdout.

Pickles go through stdin and stdout, between a parent and the child it made itself. The child
ends when its stdin does: it never outlives the server.
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

from meetcore.asr.offline.recording import PieceWords
from meetcore.errors import MeetcoreError
from meetcore.jobs.engines.messages import Cancel, Failed, Finished, Progressed, Setup
from meetcore.jobs.model_cache import OwnModels
from meetcore.jobs.stages import perform
from meetcore.jobs.tasks import Stopped, Task

logger = logging.getLogger(__name__)

NICENESS = 10
FIRST_TO_GO = 700
"""Linux kills this process before the server when memory runs out (oom_score_adj)."""


class _Pipe:
    """Tells the parent, and hears from it on a thread; a Watch for the work."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._sink = sink
        self._source = source
        self._cancelled = threading.Event()
        self.tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()

    def listen(self) -> None:
        """Take what the parent sends, until it is gone."""
        while True:
            try:
                message = pickle.load(self._source)
            except (EOFError, OSError):
                os._exit(0)  # Nobody wants the result any more; nothing here needs saving.
            if isinstance(message, Cancel):
                self._cancelled.set()
            else:
                self._cancelled.clear()
                self.tasks.put(message)

    def tell(self, message: object) -> None:
        """Send; a parent that is gone ends this process."""
        try:
            pickle.dump(message, self._sink)
            self._sink.flush()
        except OSError:
            os._exit(0)

    def poll(self) -> None:
        """Raise Stopped when the parent wants no more of it."""
        if self._cancelled.is_set():
            raise Stopped

    def progress(self, part: float) -> None:
        """Tell how far it is."""
        self.poll()
        self.tell(Progressed(part))

    def piece(self, words: PieceWords) -> None:
        """Tell the words of a piece."""
        self.poll()
        self.tell(words)


def main() -> None:
    """Work until the parent is gone."""
    logging.basicConfig(level=logging.INFO, format="worker: %(levelname)s %(name)s: %(message)s")
    pipe = _Pipe(*_private_streams())
    _step_back()
    setup = pickle.load(sys.stdin.buffer)
    assert isinstance(setup, Setup)
    logging.getLogger().setLevel(setup.log_level)
    models = OwnModels(setup.settings)
    threading.Thread(target=pipe.listen, name="parent", daemon=True).start()
    while True:
        task = pipe.tasks.get()
        pipe.tell(_outcome(task, models, pipe))


def _outcome(task: Task, models: OwnModels, pipe: _Pipe) -> Finished | Failed:
    """The except is broad because this is the top of a process: what failed is told, not lost."""
    try:
        return Finished(perform(task, models, pipe))
    except Stopped:
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


def _private_streams() -> tuple[BinaryIO, BinaryIO]:
    """The pipe's two ends; whatever a library prints goes to the log instead of into it."""
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return sys.stdin.buffer, sink


def _step_back() -> None:
    """Running meetings come first, for the processor as for memory."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to act on.
    with contextlib.suppress(AttributeError):  # Windows has no such thing.
        os.nice(NICENESS)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(FIRST_TO_GO), encoding="ascii")


if __name__ == "__main__":
    main()
