"""Loads the job process's models on first use and keeps them."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

from meetcore.asr.recognizer import Recognizer
from meetcore.diarization.diarizer import Diarizer
from meetcore.jobs.perform_task import Loaded
from meetcore.jobs.tasks import TaskObserver
from meetcore.models.falling_back import FallingBackRecognizer
from meetcore.models.first_that_loads import Choice
from meetcore.models.rungs import (
    Loaders,
    find_diarizer,
    load_final_recognizer,
    loaders_for,
)
from meetcore.models.weight_sizes import usual_recognizer
from meetcore.settings import Settings
from meetcore.text.languages import why_unspoken
from meetcore.thread_counts import limit_blas_threads
from meetcore.weights.names import REMOTE
from meetcore.weights.resolver import WeightResolver

POLL_S = 0.2

Asked = tuple[str, bool]
"""A weight, and whether another has to write, as it cannot write the language."""


class LazyModels:
    """Models that this object loads itself, for a process without live meetings.

    The diarizer loads on its own thread, as torch's first import takes many seconds, in which
    decoding and recognition can run. A model that failed to load is tried again for the next job.
    Safe from several threads: a recognizer is closed when each of them has asked for another.
    """

    def __init__(self, settings: Settings, loaders: Loaders | None = None) -> None:
        self._settings = settings
        self._loaders = loaders or loaders_for(
            settings, WeightResolver(settings.cache_dir, offline=settings.offline)
        )
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="load-diarizer")
        self._loading: Future[Choice[Diarizer]] | None = None
        self._lock = threading.Lock()
        self._recognizers: dict[Asked, Choice[Recognizer]] = {}
        self._in_use: dict[int, Asked] = {}
        """What each thread asked for last."""

    def close(self) -> None:
        """Close the recognizer; waits for a diarizer that is still loading."""
        # Waits, as loading a diarizer sets torch's number of threads.
        self._pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            self._in_use.clear()
            self._close_unused()

    def preload_diarizer(self) -> None:
        """Begin to load the diarizer in the background."""
        self._loading_diarizer()

    def _loading_diarizer(self) -> Future[Choice[Diarizer]]:
        with self._lock:
            if self._loading is None:
                setting = self._settings.diarizer
                self._loading = self._pool.submit(find_diarizer, setting, self._loaders)
            return self._loading

    def recognizer(
        self, weight: str, observer: TaskObserver, language: str | None = None
    ) -> Loaded[Recognizer]:
        """The recognizer of this weight, else one that can write the languages.

        Unused ones are closed first.
        """
        wanted = weight or usual_recognizer(self._settings)
        asked = (wanted, bool(why_unspoken(language, wanted)))
        with self._lock:
            self._in_use[threading.get_ident()] = asked
            self._close_unused()
            found = self._recognizers.get(asked)
            if (
                found is None
                or found.model is None
                or why_unspoken(language, wanted, found.model.info.languages)
                or _must_ask_again(wanted, found)
            ):
                observer.poll()
                if found is not None and found.model is not None and self._is_own(asked):
                    found.model.close()
                # One thread a piece, as many pieces at once as there are cores.
                found = load_final_recognizer(wanted, self._loaders, 1, language)
                self._recognizers[asked] = found
                limit_blas_threads()
        if found.model is None:
            return Loaded(None, found.reasons_text)
        notes = [f"{reason} {found.name} is used instead." for reason in found.reasons]
        return Loaded(found.model, " ".join(notes))

    def _is_own(self, asked: Asked) -> bool:
        """Whether one thread alone asked for this. Caller must hold `_lock`."""
        return list(self._in_use.values()).count(asked) == 1

    def _close_unused(self) -> None:
        """Close the recognizers that no thread uses. Caller must hold `_lock`."""
        for asked in set(self._recognizers) - set(self._in_use.values()):
            model = self._recognizers.pop(asked).model
            if model is not None:
                model.close()

    def diarizer(self, observer: TaskObserver) -> Loaded[Diarizer]:
        """The diarizer of the settings, else one with open weights; waits until it is loaded."""
        while True:
            observer.poll()
            try:
                found = self._loading_diarizer().result(POLL_S)
                break
            except NotYet:
                continue
            except Exception:
                self._loading = None  # The next job tries again.
                raise
        limit_blas_threads()
        if found.model is None:
            self._loading = None
            return Loaded(None, found.reasons_text)
        instead = " Open weights tell speakers apart instead."
        return Loaded(found.model, f"{found.reasons_text}{instead}" if found.reasons else "")


def _must_ask_again(wanted: str, found: Choice[Recognizer]) -> bool:
    """Whether a server that failed is asked again: it is, for each recording."""
    failed = isinstance(found.model, FallingBackRecognizer) and found.model.has_fallen_back
    return failed or (wanted == REMOTE and bool(found.reasons))
