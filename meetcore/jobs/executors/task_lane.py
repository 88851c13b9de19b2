"""`TaskLane`: runs the worker's tasks of one lane, one after the other, and reports on them."""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Callable

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.errors import MeetcoreError
from meetcore.jobs.executors.messages import Cancel, Failed, Finished, Progressed
from meetcore.jobs.growing_recordings import GrowingRecordings
from meetcore.jobs.perform_task import Models, perform
from meetcore.jobs.tasks import Task, TaskStopped

logger = logging.getLogger(__name__)


class TaskLane:
    """The tasks of one lane, and the TaskObserver that reports on them.

    Parameters
    ----------
    send : sends a report or an outcome to the server
    name : of the lane, for the log
    """

    def __init__(self, send: Callable[[object], None], name: str) -> None:
        self._send = send
        self._name = name
        self._cancelled = threading.Event()
        self._tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()

    def take(self, message: Task | Cancel) -> None:
        """Queue a task, or cancel the one that runs. Called by the thread that reads messages."""
        if isinstance(message, Cancel):
            self._cancelled.set()
        else:
            self._cancelled.clear()
            self._tasks.put(message)

    def start(self, models: Models, growing: GrowingRecordings) -> None:
        """Run the tasks on a thread of the lane's own."""
        name = f"{self._name}-tasks"
        threading.Thread(target=self.run, args=(models, growing), name=name, daemon=True).start()

    def run(self, models: Models, growing: GrowingRecordings) -> None:
        """Run the tasks on this thread; does not return.

        An error outside of a task ends the process: the server waits for an outcome, and starts
        another worker where there will be none.
        """
        try:
            while True:
                self._send(self._outcome(self._tasks.get(), models, growing))
        except Exception:
            logger.exception("the lane %s cannot go on", self._name)
            os._exit(1)

    def poll(self) -> None:
        """Raise TaskStopped when the server cancelled the task."""
        if self._cancelled.is_set():
            raise TaskStopped

    def progress(self, part: float) -> None:
        """Send the part done."""
        self.poll()
        self._send(Progressed(part))

    def piece(self, words: PieceWords) -> None:
        """Send the words of a piece."""
        self.poll()
        self._send(words)

    def _outcome(self, task: Task, models: Models, growing: GrowingRecordings) -> Finished | Failed:
        """Run a task. The except is broad because this is the top of a thread: the error is logged
        and its class sent to the server."""
        try:
            return Finished(perform(task, models, self, growing))
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
