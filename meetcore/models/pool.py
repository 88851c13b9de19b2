"""The identifier in force, and those before it, closed when the last meeting lets go of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from meetcore.errors import MeetcoreError
from meetcore.models.identifier import Identifier
from meetcore.records import Mode, ModelsInUse
from meetcore.settings import Settings

logger = logging.getLogger(__name__)

RUNGS = tuple(Mode)
"""Best first."""


class Shelf:
    """Loads identifiers, lends them to meetings by their ids, and closes what nobody holds.

    A retry that finds less than what is loaded, or fails, takes nothing away: what is in force
    stays, and `models` says in its reason why a new start would give less. Safe from several
    threads; `load` and `retry` block for as long as loading takes, nothing else does.
    """

    def __init__(self, settings: Settings, load: Callable[[], Identifier]) -> None:
        self._settings = settings
        self._load = load
        self._loading = threading.Lock()
        self._lock = threading.Lock()
        self._in_force: Identifier | None = None
        self._models: ModelsInUse | None = None
        self._attempts = 0
        self._lent: dict[object, Identifier] = {}
        self._closed = False

    @property
    def in_force(self) -> Identifier | None:
        """What meetings begin with now; for a look, not for use: see `lend` and `borrowed`."""
        return self._in_force

    @property
    def models(self) -> ModelsInUse | None:
        """What is in force, and what the newest attempt said; None before the first."""
        return self._models

    @property
    def loading(self) -> bool:
        """Whether somebody loads right now."""
        return self._loading.locked()

    def load(self) -> ModelsInUse:
        """Load once; later calls give what is there."""
        with self._loading:
            if self._models is None:
                self._attempt()
            assert self._models is not None
            return self._models

    def retry(self) -> ModelsInUse:
        """Load anew, for meetings that begin from now on; who asks twice at once waits for one.

        Raises whatever loading raises, but only where nothing is in force.
        """
        before = self._attempts
        with self._loading:
            if self._attempts == before:
                self._attempt()
            assert self._models is not None
            return self._models

    def lend(self, holder: str) -> Identifier | None:
        """What is in force, for a meeting until `give_back`; it lets go of what it had."""
        with self._lock:
            former = self._lent.pop(holder, None)
            if self._in_force is not None:
                self._lent[holder] = self._in_force
            spare = self._unused(former)
            found = self._in_force
        _close(spare)
        return found

    def held(self, holder: str) -> Identifier | None:
        """What a meeting was lent."""
        return self._lent.get(holder)

    def give_back(self, holder: object) -> None:
        """A meeting has ended, and none of its threads is in a model any more; idempotent."""
        with self._lock:
            spare = self._unused(self._lent.pop(holder, None))
        _close(spare)

    @contextmanager
    def borrowed(self) -> Iterator[Identifier | None]:
        """What is in force, for the length of one call."""
        holder = object()
        with self._lock:
            found = self._in_force
            if found is not None:
                self._lent[holder] = found
        try:
            yield found
        finally:
            self.give_back(holder)

    def close(self) -> None:
        """Release everything, also what is still being loaded; nobody may use a model any more."""
        with self._lock:
            self._closed = True
            held = {id(each): each for each in (*self._lent.values(), self._in_force) if each}
            self._lent.clear()
            self._in_force = None
        for each in held.values():
            each.close()

    def _attempt(self) -> None:
        """Load, and put what was found in force unless it is less than what is."""
        before = self._in_force
        try:
            found = self._load()
        except Exception as error:
            if before is None:
                raise
            logger.exception("the models did not load anew; those before stay")
            self._keep(before.models, _sentence(error))
        else:
            logger.info("loaded: %s", found.models)
            if before is None or not self._is_less(found.models, before.models):
                self._replace(found)
            else:
                self._keep(before.models, found.models.reason)
                found.close()
        finally:
            self._attempts += 1

    def _replace(self, found: Identifier) -> None:
        with self._lock:
            former, self._in_force = self._in_force, None if self._closed else found
            self._models = found.models
            spares = [self._unused(former), found if self._closed else None]
        for spare in spares:
            _close(spare)

    def _keep(self, models: ModelsInUse, why: str) -> None:
        note = f"{models.reason} What is loaded is kept, as a new attempt found less: {why}"
        self._models = replace(models, reason=note.strip())

    def _is_less(self, found: ModelsInUse, before: ModelsInUse) -> bool:
        return self._standing(found) > self._standing(before)

    def _standing(self, models: ModelsInUse) -> tuple[int, int]:
        """Lower is better: the rung, then how many stand-ins there are for what was asked for."""
        final = models.final_recognizer.split(" · ")[0]
        asked = self._settings.diarizer
        stand_ins = (
            final != self._settings.recognizer,
            asked not in ("auto", "open", "off") and models.diarizer != asked,
        )
        return RUNGS.index(models.mode), sum(stand_ins)

    def _unused(self, identifier: Identifier | None) -> Identifier | None:
        """The identifier, when nobody can be using it; for who holds the lock."""
        if identifier is None or identifier is self._in_force:
            return None
        return None if any(each is identifier for each in self._lent.values()) else identifier


def _close(identifier: Identifier | None) -> None:
    """Outside the lock: freeing a model may take a while."""
    if identifier is not None:
        identifier.close()
        logger.info("released: %s", identifier.models)


def _sentence(error: Exception) -> str:
    if isinstance(error, MeetcoreError):
        return str(error)
    return f"Loading failed ({type(error).__name__}; the log has the rest)."
