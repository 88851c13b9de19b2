"""Loads the job process's models on first use and keeps them."""

from __future__ import annotations

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


class LazyModels:
    """Models that this object loads itself, for a process without live meetings.

    The diarizer loads on its own thread, as torch's first import takes many seconds, in which
    decoding and recognition can run. A model that failed to load is tried again for the next job.
    """

    def __init__(self, settings: Settings, loaders: Loaders | None = None) -> None:
        self._settings = settings
        self._loaders = loaders or loaders_for(
            settings, WeightResolver(settings.cache_dir, offline=settings.offline)
        )
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="load-diarizer")
        self._loading: Future[Choice[Diarizer]] | None = None
        self._asked: tuple[str, bool] = ("", False)
        """The weight that `_recognizer` was loaded for, and whether another had to write."""
        self._recognizer: Choice[Recognizer] = Choice()

    def close(self) -> None:
        """Close the recognizer; waits for a diarizer that is still loading."""
        # Waits, as loading a diarizer sets torch's number of threads.
        self._pool.shutdown(wait=True, cancel_futures=True)
        if self._recognizer.model is not None:
            self._recognizer.model.close()
        self._recognizer = Choice()

    def preload_diarizer(self) -> None:
        """Begin to load the diarizer in the background."""
        if self._loading is None:
            self._loading = self._pool.submit(find_diarizer, self._settings.diarizer, self._loaders)

    def recognizer(
        self, weight: str, observer: TaskObserver, language: str | None = None
    ) -> Loaded[Recognizer]:
        """The recognizer of this weight, else one that can write the languages.

        Another one is closed first.
        """
        wanted = weight or usual_recognizer(self._settings)
        asked = (wanted, bool(why_unspoken(language, wanted)))
        model = self._recognizer.model
        if (
            model is None
            or self._asked != asked
            or why_unspoken(language, wanted, model.info.languages)
            or self._must_ask_again(wanted)
        ):
            if model is not None:
                model.close()
            observer.poll()
            # One thread a piece, as many pieces at once as there are cores.
            self._recognizer = load_final_recognizer(wanted, self._loaders, 1, language)
            self._asked = asked
            limit_blas_threads()
        found = self._recognizer
        if found.model is None:
            return Loaded(None, found.reasons_text)
        notes = [f"{reason} {found.name} is used instead." for reason in found.reasons]
        return Loaded(found.model, " ".join(notes))

    def _must_ask_again(self, wanted: str) -> bool:
        """Whether a server that failed is asked again: it is, for each recording."""
        model = self._recognizer.model
        failed = isinstance(model, FallingBackRecognizer) and model.has_fallen_back
        return failed or (wanted == REMOTE and bool(self._recognizer.reasons))

    def diarizer(self, observer: TaskObserver) -> Loaded[Diarizer]:
        """The diarizer of the settings, else one with open weights; waits until it is loaded."""
        self.preload_diarizer()
        assert self._loading is not None
        while True:
            observer.poll()
            try:
                found = self._loading.result(POLL_S)
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
