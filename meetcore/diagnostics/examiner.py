"""`Examiner`: diagnoses this installation on a thread; pages read the latest diagnosis."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from meetcore.diagnostics.diagnose import diagnose
from meetcore.diagnostics.facts.fact_types import Facts
from meetcore.diagnostics.facts.gather import deep_facts, quick_facts
from meetcore.diagnostics.findings import Diagnosis
from meetcore.records import ModelsInUse
from meetcore.settings import Settings
from meetcore.supervised import note, thread_errors

logger = logging.getLogger(__name__)

QUICK, DEEP = "reading versions and files", "importing libraries, hashing weights"
"""What the thread is doing, as shown on the page."""


@dataclass(frozen=True, slots=True)
class _State:
    """The facts gathered so far, and what is still being examined; replaced as a whole."""

    facts: Facts = field(default_factory=Facts)
    pending: tuple[str, ...] = ()
    examined_at: datetime | None = None


class _Stopped(Exception):
    """The examiner was closed while its thread worked."""


class Examiner:
    """Owns the thread that gathers facts; every method may be called from any thread.

    Parameters
    ----------
    settings : Settings, optional
        Those in use; None where they could not be read, which is then a finding.
    models : callable
        Returns the loaded models, or None while none is loaded.
    address : str, optional
        Where the pages are served; None for the address in Streamlit's configuration.
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
        self._started_deep = False

    def start(self) -> None:
        """Start gathering the quick facts; returns at once."""
        self._begin(deep=False)

    def refresh(self) -> None:
        """Start gathering all facts again; returns at once, and lets a run in progress finish."""
        self._begin(deep=True)

    def snapshot(self, origin: str | None = None) -> Diagnosis:
        """The diagnosis of the facts gathered so far; the first call starts the slow part.

        Parameters
        ----------
        origin : str, optional
            Address under which a browser shows the page.
        """
        if not self._started_deep:
            self.refresh()
        state = self._state
        facts = replace(
            state.facts, models=self._models(), origin=origin, thread_errors=thread_errors()
        )
        if not facts.versions:
            return Diagnosis(pending=state.pending)
        return diagnose(facts, state.examined_at, state.pending)

    def close(self, timeout_s: float = 5.0) -> None:
        """Stop the thread and wait for its end, at most `timeout_s`; idempotent."""
        self._stopped.set()
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    def _begin(self, deep: bool) -> None:
        with self._lock:
            self._started_deep = self._started_deep or deep
            running = self._thread is not None and self._thread.is_alive()
            if self._stopped.is_set() or (running and (not deep or DEEP in self._state.pending)):
                return
            before = self._thread if running else None
            pending = (QUICK, DEEP) if deep else (QUICK,)
            self._state = replace(self._state, pending=pending)
            self._thread = threading.Thread(
                target=self._run, args=(deep, before), name="examiner", daemon=True
            )
            self._thread.start()

    def _run(self, deep: bool, before: threading.Thread | None) -> None:
        """Runs on the examiner's thread; the except is broad because this is its top."""
        try:
            if before is not None:
                before.join()
            facts = quick_facts(self._settings)
            if self._address is not None:
                # An address given on the command line is not in Streamlit's file.
                facts = replace(facts, server=replace(facts.server, address=self._address))
            known = replace(facts, trials=self._state.facts.trials)
            self._publish(known, (DEEP,) if deep else ())
            if deep:
                self._publish(deep_facts(facts, self._raise_if_stopped), ())
        except _Stopped:
            logger.info("the examination was stopped")
        except Exception as error:
            note("diagnostics", error)
            self._state = replace(self._state, pending=())

    def _publish(self, facts: Facts, pending: tuple[str, ...]) -> None:
        self._raise_if_stopped()
        self._state = _State(facts, pending, datetime.now(UTC))

    def _raise_if_stopped(self) -> None:
        if self._stopped.is_set():
            raise _Stopped
