"""Loads the models again on a thread, when a page asks for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from meetcore.errors import MeetcoreError
from meetcore.supervised import note

logger = logging.getLogger(__name__)

UNEXPECTED = "The models did not load; the server's log says why."


@dataclass(frozen=True, slots=True)
class ModelRetryView:
    """The attempt that runs, or how the last one ended."""

    running: bool = False
    began: datetime | None = None
    ended: datetime | None = None
    trouble: str = ""


class ModelRetry:
    """Owns the thread of an attempt to load the models again.

    Parameters
    ----------
    load : loads the models again; blocks for seconds
    """

    def __init__(self, load: Callable[[], object]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._view = ModelRetryView()

    @property
    def running(self) -> bool:
        """Whether an attempt is running."""
        return self._view.running

    def snapshot(self) -> ModelRetryView:
        """The attempt that runs, or how the last one ended."""
        return self._view

    def start(self) -> bool:
        """Begin an attempt; False while one is running."""
        with self._lock:
            if self._view.running:
                return False
            self._view = ModelRetryView(running=True, began=datetime.now(UTC))
        try:
            threading.Thread(target=self._run, name="retry-models", daemon=True).start()
        except RuntimeError:  # Too many threads, or too little memory for one more.
            logger.exception("no thread could be started")
            self._end(UNEXPECTED)
            return False
        return True

    def _run(self) -> None:
        trouble = ""
        try:
            self._load()
        except MeetcoreError as error:
            trouble = str(error)
        except Exception as error:  # top of a thread
            note("models", error)
            trouble = UNEXPECTED
        self._end(trouble)

    def _end(self, trouble: str) -> None:
        self._view = replace(self._view, running=False, ended=datetime.now(UTC), trouble=trouble)
