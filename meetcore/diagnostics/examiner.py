"""Examines in the background, and keeps what it found for pages to read at once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from meetcore.diagnostics.diagnose import diagnose
from meetcore.diagnostics.facts.gather import deep_facts, quick_facts
from meetcore.diagnostics.facts.records import Facts
from meetcore.diagnostics.findings import Diagnosis
from meetcore.records import ModelsInUse
from meetcore.settings import Settings

logger = logging.getLogger(__name__)

QUICK, DEEP = "looking at versions and files", "importing libraries, hashing weights"


@dataclass(frozen=True, slots=True)
class _State:
    """What is known, and what is still being looked at; replaced as a whole."""

    facts: Facts = field(default_factory=Facts)
    pending: tuple[str, ...] = ()
    examined_at: datetime | None = None


class _Stopped(Exception):
    """The examiner was closed meanwhile."""


class Examiner:
    """Owns the thread that looks; safe from several threads.

    Parameters
    ----------
    settings : those in force; None where they could not be read, which is then a finding
    models : what is loaded, or None while nothing is
    address : where the pages are served; None for what Streamlit's file says
    """

    def __init__(
        self,
        settings: Settings | None = None,
        models: Callable[[], ModelsInUse | None] = lambda: None,
        address: str | None = None,
    ) -> None:
        self._settings = settings
        self._models = models
        self._address = address
        self._lock = threading.Lock()
        self._state = _State()
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._looked_deep = False

    def start(self) -> None:
        """Look at what is quick to see, so that the first page has it."""
        self._begin(deep=False)

    def refresh(self) -> None:
        """Look at everything again; returns at once. What runs already goes on."""
        self._begin(deep=True)

    def snapshot(self, origin: str | None = None) -> Diagnosis:
        """What is known now; the first call has the slow part looked at as well.

        Parameters
        ----------
        origin : address under which a browser has the page
        """
        if not self._looked_deep:
            self.refresh()
        state = self._state
        facts = replace(state.facts, models=self._models(), origin=origin)
        if not facts.versions:
            return Diagnosis(pending=state.pending)
        return diagnose(facts, state.examined_at, state.pending)

    def close(self, timeout_s: float = 5.0) -> None:
        """Give up and end the thread; idempotent."""
        self._stopped.set()
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    def _begin(self, deep: bool) -> None:
        with self._lock:
            self._looked_deep = self._looked_deep or deep
            running = self._thread is not None and self._thread.is_alive()
            if self._stopped.is_set() or (running and (not deep or DEEP in self._state.pending)):
                return
            before = self._thread if running else None
            pending = (QUICK, DEEP) if deep else (QUICK,)
            self._state = replace(self._state, pending=pending)
            self._thread = threading.Thread(
                target=self._look, args=(deep, before), name="examiner", daemon=True
            )
            self._thread.start()

    def _look(self, deep: bool, before: threading.Thread | None) -> None:
        """The except is broad because this is the top of a thread."""
        try:
            if before is not None:
                before.join()
            facts = quick_facts(self._settings)
            if self._address is not None:
                # A flag of the command line is nowhere else to be seen.
                facts = replace(facts, server=replace(facts.server, address=self._address))
            known = replace(facts, trials=self._state.facts.trials)
            self._keep(known, (DEEP,) if deep else ())
            if deep:
                self._keep(deep_facts(facts, self._check_stopped), ())
        except _Stopped:
            logger.info("the examination was given up")
        except Exception:
            logger.exception("the examination failed")
            self._state = replace(self._state, pending=())

    def _keep(self, facts: Facts, pending: tuple[str, ...]) -> None:
        self._check_stopped()
        self._state = _State(facts, pending, datetime.now(UTC))

    def _check_stopped(self) -> None:
        if self._stopped.is_set():
            raise _Stopped
