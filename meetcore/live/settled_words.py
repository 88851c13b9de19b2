"""`SettledWords`: words of the second pass on their way into a running meeting."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from meetcore.records import Word


@dataclass(frozen=True, slots=True)
class SettledWords:
    """All words that the second pass finds from the last such stretch on up to a sample."""

    words: tuple[Word, ...]
    until_samples: int


class SettledQueue:
    """Takes stretches from the second pass's thread for the meeting's. Safe from several threads.

    `reached` is the sample up to which nothing is left to do for the second pass, None before it
    has begun.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[SettledWords] = []
        self.reached: int | None = None

    def put(self, settled: SettledWords) -> None:
        """Add the next stretch."""
        with self._lock:
            self._waiting.append(settled)

    def take(self) -> tuple[SettledWords, ...]:
        """All stretches since the last call, in order."""
        with self._lock:
            taken, self._waiting = tuple(self._waiting), []
        return taken
