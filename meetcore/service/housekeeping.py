"""`Housekeeping`: the thread that checks and copies the database and sweeps the data folder."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import date

from meetcore.errors import MeetcoreError
from meetcore.service.daily_copies import DailyCopies
from meetcore.service.leftovers import Leftovers
from meetcore.settings import Settings
from meetcore.store.sqlite_file import sqlite_path, trouble_of
from meetcore.supervised import note
from meetcore.text.safe_traceback import in_one_line

logger = logging.getLogger(__name__)

EVERY_S = 3600.0
CHECK_S = 20.0
"""How long the check at start may read; what a larger database has then is left to `check`."""


class Housekeeping:
    """Owns its thread, from start() to stop(); a failure is logged, and the next round comes."""

    def __init__(self, settings: Settings, leftovers: Leftovers) -> None:
        self._database = sqlite_path(settings.database)
        self._leftovers = leftovers
        self._copies = DailyCopies(settings)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Check the database, then keep house once an hour; idempotent."""
        if self._thread is None and not self._stopping.is_set():
            self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)
            self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End the thread after its step; idempotent."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        self._guarded(self._check)
        while not self._stopping.is_set():
            self._guarded(self._leftovers.sweep)
            self._guarded(lambda: self._copies.make(date.today()))
            self._stopping.wait(EVERY_S)

    def _check(self) -> None:
        if self._database is not None and (trouble := trouble_of(self._database, CHECK_S)):
            logger.error(
                "the database is damaged (%s): stop Meetcore, then run `meetcore check`", trouble
            )

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except MeetcoreError as error:
            logger.error("housekeeping: %s", in_one_line(error))
        except Exception as error:
            note("housekeeping", error)
