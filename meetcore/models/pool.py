"""Reference-counted models: new meetings get the newest, unused ones close."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from meetcore.errors import MeetcoreError
from meetcore.models.identifier import Identifier
from meetcore.records import Mode, ModelsInUse

logger = logging.getLogger(__name__)

RUNGS = tuple(Mode)
"""All modes, the best first."""


class IdentifierPool:
    """Loads identifiers, lends them to meetings, and closes each after its last use.

    A retry that fails, or loads less than is loaded already, changes nothing but the reason in
    `models`. Safe from several threads; only `load` and `retry` block while models load.

    Parameters
    ----------
    load : loads an identifier; called again by each retry
    """

    def __init__(self, load: Callable[[], Identifier]) -> None:
        self._load = load
        self._loading = threading.Lock()
        self._lock = threading.Lock()
        self._current: Identifier | None = None
        self._models: ModelsInUse | None = None
        self._attempts = 0
        self._failure: Exception | None = None
        """Of the latest attempt, where no identifier is in force either."""
        self._lent: dict[object, Identifier] = {}
        self._closed = False

    @property
    def current(self) -> Identifier | None:
        """The identifier for new meetings; to use it, call `lend` or `borrowed`."""
        return self._current

    @property
    def models(self) -> ModelsInUse | None:
        """The models in force, with the outcome of the latest attempt; None before the first."""
        return self._models

    @property
    def loading(self) -> bool:
        """Whether an attempt to load is running."""
        return self._loading.locked()

    def load(self) -> ModelsInUse:
        """The models in force; the first call loads them.

        Raises
        ------
        Exception
            Whatever loading raised; the next call tries again.
        """
        with self._loading:
            if self._models is None:
                self._attempt()
            assert self._models is not None
            return self._models

    def retry(self) -> ModelsInUse:
        """Load again, for meetings that start from now on; concurrent calls share one attempt.

        Raises
        ------
        Exception
            Whatever loading raised, where no identifier is in force; else the error is kept as
            the reason in `models`.
        """
        before = self._attempts
        with self._loading:
            if self._attempts == before:
                self._attempt()
            if self._models is None:
                # The attempt that this call waited for failed.
                assert self._failure is not None
                raise self._failure
            return self._models

    def lend(self, holder: str) -> Identifier | None:
        """The identifier in force, for a holder until `give_back`; replaces what it held before."""
        with self._lock:
            former = self._lent.pop(holder, None)
            if self._current is not None:
                self._lent[holder] = self._current
            spare = self._unused(former)
            found = self._current
        _close(spare)
        return found

    def held(self, holder: str) -> Identifier | None:
        """The identifier that a holder was lent."""
        return self._lent.get(holder)

    def give_back(self, holder: object) -> None:
        """End a loan, once no thread of the holder uses the models any more; idempotent."""
        with self._lock:
            spare = self._unused(self._lent.pop(holder, None))
        _close(spare)

    @contextmanager
    def borrowed(self) -> Iterator[Identifier | None]:
        """The identifier in force, lent for the body of a `with` statement; None without one."""
        holder = object()
        with self._lock:
            found = self._current
            if found is not None:
                self._lent[holder] = found
        try:
            yield found
        finally:
            self.give_back(holder)

    def close(self) -> None:
        """Close all identifiers, also one that is still loading; none may be in use."""
        with self._lock:
            self._closed = True
            held = {id(each): each for each in (*self._lent.values(), self._current) if each}
            self._lent.clear()
            self._current = None
        for each in held.values():
            each.close()

    def _attempt(self) -> None:
        """Load, and put the result in force unless it is less than what is in force."""
        before = self._current
        self._failure = None
        try:
            found = self._load()
        except Exception as error:
            if before is None:
                self._failure = error
                raise
            logger.exception("loading the models again failed; those in force stay")
            self._keep(before.models, _sentence(error))
        else:
            logger.info("loaded: %s", found.models)
            if before is None or _rank(found.models) <= _rank(before.models):
                self._replace(found)
            else:
                self._keep(before.models, found.models.reason)
                found.close()
        finally:
            self._attempts += 1

    def _replace(self, found: Identifier) -> None:
        with self._lock:
            former, self._current = self._current, None if self._closed else found
            self._models = found.models
            spares = [self._unused(former), found if self._closed else None]
        for spare in spares:
            _close(spare)

    def _keep(self, models: ModelsInUse, why: str) -> None:
        note = f"{models.reason} What is loaded is kept, as a new attempt found less: {why}"
        self._models = replace(models, reason=note.strip())

    def _unused(self, identifier: Identifier | None) -> Identifier | None:
        """The identifier if neither in force nor lent, else None. Caller must hold `_lock`."""
        if identifier is None or identifier is self._current:
            return None
        return None if any(each is identifier for each in self._lent.values()) else identifier


def _rank(models: ModelsInUse) -> tuple[int, int]:
    """Sort key, smaller is better: the rung, then the number of stand-ins."""
    return RUNGS.index(models.mode), len(models.replaced_settings)


def _close(identifier: Identifier | None) -> None:
    """Close an identifier; without the lock, as freeing a model may take a while."""
    if identifier is not None:
        identifier.close()
        logger.info("released: %s", identifier.models)


def _sentence(error: Exception) -> str:
    if isinstance(error, MeetcoreError):
        return str(error)
    return f"Loading failed ({type(error).__name__}; the log has the rest)."
