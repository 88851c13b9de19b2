"""Queue of the meetings whose jobs wait in this process; `JobRunner` owns it.

Jobs themselves are in the store; this is only the order in which this process takes them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from meetcore.private_files import FILE_MODE, make_folder

ELSEWHERE_S = 0.5
"""How often a lock that another process holds is tried."""
WAIT_S = 5.0
"""How long `take` waits for a meeting to become ready."""


class JobQueue:
    """A queue of meeting ids. Safe from several threads; `take` comes from one.

    A meeting is first added, then made ready. One whose job another process runs, on the same
    data folder, is skipped until that process releases the file lock in the meeting's folder.

    Parameters
    ----------
    recordings_dir : folder with one folder a meeting
    is_over : whether a meeting's job has ended, as far as the store says
    refused : called with a meeting whose folder cannot be locked, once until it can be
    """

    def __init__(
        self,
        recordings_dir: Path,
        is_over: Callable[[str], bool],
        refused: Callable[[str, OSError], None] = lambda meeting_id, error: None,
    ) -> None:
        self.lock = threading.Condition()
        """Reentrant; notified of every change. Held by callers that change the store with it."""
        self._recordings_dir = recordings_dir
        self._is_over = is_over
        self._refused = refused
        self._refusals: set[str] = set()
        self._waiting: list[str] = []
        self._ready: set[str] = set()
        self._running: str | None = None

    def add(self, meeting_id: str) -> bool:
        """Append a meeting, not ready yet; False when it waits or runs already."""
        with self.lock:
            if self.is_running(meeting_id) or meeting_id in self._waiting:
                return False
            self._waiting.append(meeting_id)
            return True

    def make_ready(self, meeting_id: str) -> None:
        """Let a meeting that waits be taken; one that was removed stays out."""
        with self.lock:
            if meeting_id in self._waiting:
                self._ready.add(meeting_id)
            self.lock.notify_all()

    def put_back(self, meeting_id: str) -> None:
        """Let a meeting that was taken wait again, behind the others."""
        with self.lock:
            if meeting_id not in self._waiting:
                self._waiting.append(meeting_id)
            self._ready.add(meeting_id)

    def remove(self, meeting_id: str) -> None:
        """Remove a meeting that waits."""
        with self.lock:
            if meeting_id in self._waiting:
                self._waiting.remove(meeting_id)
            self._ready.discard(meeting_id)
            self._refusals.discard(meeting_id)
            self.lock.notify_all()

    def is_running(self, meeting_id: str) -> bool:
        """Whether the meeting's job runs in this process."""
        return self._running == meeting_id

    def pending(self) -> frozenset[str]:
        """Meetings whose job waits or runs in this process."""
        with self.lock:
            running = {self._running} if self._running else set()
            return frozenset(running.union(self._waiting))

    def take(self) -> tuple[str, FileLock] | None:
        """The first ready meeting and its acquired lock; None after a wait without one.

        The caller releases the lock and then calls `release`. A meeting whose folder cannot be
        locked (disk full, no rights) is skipped, and tried again by the next calls.
        """
        with self.lock:
            for meeting_id in [each for each in self._waiting if each in self._ready]:
                try:
                    file_lock = self._file_lock(meeting_id)
                except OSError as error:
                    self._note_refusal(meeting_id, error)
                    continue
                if file_lock is not None:
                    self.remove(meeting_id)
                    self._running = meeting_id
                    return meeting_id, file_lock
                if self._is_over(meeting_id):  # Another process has finished it.
                    self.remove(meeting_id)
            # This condition is not notified when another process releases its lock.
            self.lock.wait(ELSEWHERE_S if self._ready else WAIT_S)
            return None

    def release(self, meeting_id: str) -> None:
        """The meeting's job runs no more; idempotent."""
        with self.lock:
            if self._running == meeting_id:
                self._running = None
            self.lock.notify_all()

    def wait_until_over(self, meeting_id: str, stopping: threading.Event) -> None:
        """Block until the meeting neither waits nor runs here, or `stopping` is set."""
        with self.lock:
            while meeting_id in self.pending() and not stopping.is_set():
                self.lock.wait(0.2)

    def wake(self) -> None:
        """End the waits in `take` and `wait_until_over`."""
        with self.lock:
            self.lock.notify_all()

    def _note_refusal(self, meeting_id: str, error: OSError) -> None:
        if meeting_id not in self._refusals:
            self._refusals.add(meeting_id)
            self._refused(meeting_id, error)

    def _file_lock(self, meeting_id: str) -> FileLock | None:
        folder = self._recordings_dir / meeting_id
        make_folder(folder)
        file_lock = FileLock(folder / "job.lock", mode=FILE_MODE, thread_local=False)
        try:
            file_lock.acquire(timeout=0)
        except Timeout:
            return None
        return file_lock
