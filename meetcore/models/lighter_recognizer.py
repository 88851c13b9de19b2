"""Smaller recognizers for busy times, each loaded when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from meetcore.asr.recognizer import Recognizer
from meetcore.supervised import guarded


class LighterRecognizer:
    """Owns the recognizer and the thread that loads it, once. Safe from several threads.

    Parameters
    ----------
    load : loads the recognizer; whatever it raises is noted, and there is no smaller one then
    """

    def __init__(self, load: Callable[[], Recognizer]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._recognizer: Recognizer | None = None
        self._is_closed = False

    def get(self) -> Recognizer | None:
        """The recognizer; None until it is loaded, which the first call begins. Never blocks."""
        with self._lock:
            if self._thread is None and not self._is_closed:
                self._thread = threading.Thread(
                    target=self._run, name="load-lighter-recognizer", daemon=True
                )
                self._thread.start()
            return self._recognizer

    def close(self) -> None:
        """Release the recognizer, also one that is still loading; idempotent."""
        with self._lock:
            self._is_closed = True
            recognizer, self._recognizer = self._recognizer, None
        if recognizer is not None:
            recognizer.close()

    def _run(self) -> None:
        with guarded("smaller recognizer"):
            recognizer = self._load()
            with self._lock:
                if not self._is_closed:
                    self._recognizer = recognizer
                    return
            recognizer.close()


@dataclass(frozen=True, slots=True)
class LighterRecognizers:
    """The smaller recognizers by what they write; None where there is none as small."""

    english: LighterRecognizer | None = None
    multilingual: LighterRecognizer | None = None

    def get(self, language: str | None) -> Recognizer | None:
        """The one that surely writes a language; None until it is loaded. Never blocks."""
        chosen = self.english if language == "en" else self.multilingual
        return None if chosen is None else chosen.get()

    def close(self) -> None:
        """Release them; idempotent."""
        for each in (self.english, self.multilingual):
            if each is not None:
                each.close()
