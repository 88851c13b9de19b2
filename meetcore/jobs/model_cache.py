"""The models of the second pass, loaded when wanted and kept for the next job."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

from meetcore.asr.recognizer import Recognizer
from meetcore.diarization.diarizer import Diarizer
from meetcore.jobs.stages import Loaded
from meetcore.jobs.tasks import Watch
from meetcore.models.fallback import Choice
from meetcore.models.identifier import Identifier
from meetcore.models.rungs import (
    Loaders,
    find_diarizer,
    find_final,
    limit_blas_threads,
    loaders_for,
)
from meetcore.settings import Settings
from meetcore.weights.resolver import WeightResolver

logger = logging.getLogger(__name__)

POLL_S = 0.2


class OwnModels:
    """Loads for itself; for a process that does nothing else.

    The diarizer loads on a thread of its own, as torch's first import takes many seconds, which
    decoding and recognizing can use. What failed to load is tried again for the next job.
    """

    def __init__(self, settings: Settings, loaders: Loaders | None = None) -> None:
        self._settings = settings
        self._loaders = loaders or loaders_for(
            settings, WeightResolver(settings.cache_dir, offline=settings.offline)
        )
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="load-diarizer")
        self._pending: Future[Choice[Diarizer]] | None = None
        self._asked = ""
        self._recognizer: Choice[Recognizer] = Choice()

    def expect_speakers(self) -> None:
        """Begin to load the diarizer."""
        if self._pending is None:
            self._pending = self._pool.submit(find_diarizer, self._settings.diarizer, self._loaders)

    def recognizer(self, weight: str, watch: Watch) -> Loaded[Recognizer]:
        """The recognizer of this weight, else the smallest; the one before is released."""
        wanted = weight or self._settings.recognizer
        if self._recognizer.model is None or self._asked != wanted:
            if self._recognizer.model is not None:
                self._recognizer.model.close()
            watch.poll()
            # One thread a piece, as many pieces at once as there are cores.
            self._recognizer, self._asked = find_final(wanted, self._loaders, threads=1), wanted
            limit_blas_threads()
        found = self._recognizer
        if found.model is None:
            return Loaded(None, found.why)
        notes = [f"{reason} {found.name} is used instead." for reason in found.reasons]
        return Loaded(found.model, " ".join(notes))

    def diarizer(self, watch: Watch) -> Loaded[Diarizer]:
        """Wait for the diarizer."""
        self.expect_speakers()
        assert self._pending is not None
        while True:
            watch.poll()
            try:
                found = self._pending.result(POLL_S)
                break
            except NotYet:
                continue
        limit_blas_threads()
        if found.model is None:
            self._pending = None
            return Loaded(None, found.why)
        instead = " Open weights tell speakers apart instead."
        return Loaded(found.model, f"{found.why}{instead}" if found.reasons else "")


class SharedModels:
    """Those of an identifier, for work inside the process that holds it.

    Parameters
    ----------
    identifier : gives the models, or None when they are not loaded within so many seconds
    """

    def __init__(self, identifier: Callable[[float], Identifier | None]) -> None:
        self._identifier = identifier

    def expect_speakers(self) -> None:
        """Nothing to do: whoever made the identifier loads it."""

    def recognizer(self, weight: str, watch: Watch) -> Loaded[Recognizer]:
        """The final recognizer, whatever its weight."""
        found = self._wait(watch)
        return Loaded(found.recognizer, "" if found.recognizer else found.models.reason)

    def diarizer(self, watch: Watch) -> Loaded[Diarizer]:
        """The identifier's."""
        found = self._wait(watch)
        return Loaded(found.diarizer, "" if found.diarizer else found.models.reason)

    def _wait(self, watch: Watch) -> Identifier:
        while (identifier := self._identifier(POLL_S)) is None:
            watch.poll()
        return identifier
