"""Deleted meetings: hidden at once, removed after RESTORE_WINDOW_S seconds."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from meetcore.errors import MeetcoreError, MeetingNotFoundError
from meetcore.store.meetings import MeetingStore
from meetcore.supervised import keep_running

logger = logging.getLogger(__name__)

RESTORE_WINDOW_S = 8.0
"""How long a deleted meeting can be restored."""
BUSY_S = 0.5
"""Seconds until a removal that was not possible yet is tried again."""


class Trash:
    """Owns the thread that removes meetings for good; it starts with the first one hidden.

    Parameters
    ----------
    is_busy : whether a meeting's folder is still being written to
    """

    def __init__(
        self, store: MeetingStore, recordings_dir: Path, is_busy: Callable[[str], bool]
    ) -> None:
        self._store = store
        self._recordings_dir = recordings_dir
        self._is_busy = is_busy
        self._due: dict[str, float] = {}
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def hide(self, meeting_id: str, restore_window_s: float | None = None) -> None:
        """Hide a meeting; it is removed `restore_window_s` seconds later.

        Parameters
        ----------
        restore_window_s : RESTORE_WINDOW_S for None

        Raises
        ------
        MeetingNotFoundError, StoreError
            There is no such meeting, or it cannot be hidden now.
        """
        self._store.hide(meeting_id)
        with self._changed:
            self._due[meeting_id] = time.monotonic() + (
                RESTORE_WINDOW_S if restore_window_s is None else restore_window_s
            )
            self._start_once()
            self._changed.notify_all()

    def restore(self, meeting_id: str) -> None:
        """Show a hidden meeting again; raises MeetingNotFoundError when it is removed already."""
        with self._changed:
            self._store.unhide(meeting_id)
            self._due.pop(meeting_id, None)

    def recover(self) -> None:
        """Remove what the last process had hidden: no page offers to undo that any more."""
        for meeting in self._store.hidden():
            self.hide(meeting.id, restore_window_s=0.0)

    def stop(self, timeout_s: float = 5.0) -> None:
        """End the thread; what is hidden is removed at the next start. Idempotent."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _start_once(self) -> None:
        """Caller must hold `_changed`."""
        if self._thread is None and not self._stopping:
            self._thread = threading.Thread(target=self._run, name="trash", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        keep_running("trash", self._step, lambda: self._stopping, self._pause)

    def _step(self) -> None:
        """Remove what is due, and wait for the next."""
        with self._changed:
            if self._stopping:
                return
            now = time.monotonic()
            for meeting_id in [each for each, due in self._due.items() if due <= now]:
                self._remove(meeting_id)
            soonest = min(self._due.values(), default=now + 60.0)
            self._changed.wait(max(0.01, soonest - time.monotonic()))

    def _pause(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, seconds)

    def _remove(self, meeting_id: str) -> None:
        """Remove text and audio. Caller holds `_changed`, so that `restore` cannot interfere."""
        if self._is_busy(meeting_id):
            self._due[meeting_id] = time.monotonic() + BUSY_S
            return
        try:
            self._store.delete(meeting_id)
        except MeetingNotFoundError:
            logger.info("meeting %s: it was deleted already", meeting_id)
        except MeetcoreError:
            logger.exception("meeting %s: its deletion is tried again", meeting_id)
            self._due[meeting_id] = time.monotonic() + BUSY_S
            return
        del self._due[meeting_id]
        shutil.rmtree(self._recordings_dir / meeting_id, ignore_errors=True)
