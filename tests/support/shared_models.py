"""Models of a stand-in identifier for an in-process executor, so that jobs need no weights."""

from __future__ import annotations

from collections.abc import Callable

from meetcore.asr.recognizer import Recognizer
from meetcore.diarization.diarizer import Diarizer
from meetcore.jobs.perform_task import Loaded
from meetcore.jobs.tasks import TaskObserver
from meetcore.models.identifier import Identifier

POLL_S = 0.2


class SharedModels:
    """The models of an identifier; see meetcore.jobs.perform_task.Models.

    Parameters
    ----------
    identifier : called with seconds to wait; gives None when the models are not loaded by then
    """

    def __init__(self, identifier: Callable[[float], Identifier | None]) -> None:
        self._identifier = identifier

    def preload_diarizer(self) -> None:
        """Nothing to do: the identifier is loaded elsewhere."""

    def recognizer(
        self, weight: str, observer: TaskObserver, language: str | None = None
    ) -> Loaded[Recognizer]:
        """The recognizer of the identifier's second pass; `weight` is ignored."""
        found = self._wait(observer)
        return Loaded(found.recognizer, "" if found.recognizer else found.models.reason)

    def diarizer(self, observer: TaskObserver) -> Loaded[Diarizer]:
        """The identifier's diarizer."""
        found = self._wait(observer)
        return Loaded(found.diarizer, "" if found.diarizer else found.models.reason)

    def _wait(self, observer: TaskObserver) -> Identifier:
        while (identifier := self._identifier(POLL_S)) is None:
            observer.poll()
        return identifier
