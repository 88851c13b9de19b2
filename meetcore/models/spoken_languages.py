"""Another recognizer where a weight cannot write the languages that were chosen."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from meetcore.asr.recognizer import Recognizer
from meetcore.errors import ModelUnavailableError
from meetcore.models.first_that_loads import Choice, first_that_loads
from meetcore.records import Samples
from meetcore.text.languages import why_unspoken

RETRY_S = 30.0
"""Seconds until a recognizer that could not be loaded is tried again."""


def first_that_writes(
    language: str | None, weights: Sequence[str], load: Callable[[str], Recognizer]
) -> Choice[Recognizer]:
    """The first weight that loads and can write the languages.

    A weight whose name says that it cannot is not loaded; one that proves so is closed again.

    Parameters
    ----------
    language : ISO code, several with commas between, or None for any
    weights : in order of preference
    load : loads the recognizer of a weight
    """

    def checked(weight: str) -> Recognizer:
        if problem := why_unspoken(language, weight):
            raise ModelUnavailableError(problem)
        recognizer = load(weight)
        if problem := why_unspoken(language, weight, recognizer.info.languages):
            recognizer.close()
            raise ModelUnavailableError(problem)
        return recognizer

    return first_that_loads(weights, checked)


class MultilingualRecognizer:
    """Owns the recognizer for what the usual one cannot write, loaded when it is first needed.

    Safe from several threads.

    Parameters
    ----------
    load : loads the recognizer
    """

    def __init__(self, load: Callable[[], Recognizer]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._recognizer: Recognizer | None = None
        self._refusal: ModelUnavailableError | None = None
        self._refused_at = -math.inf

    def get(self) -> Recognizer:
        """The recognizer; blocks while it loads.

        Raises
        ------
        ModelUnavailableError
            It cannot be loaded; the message holds the remedy. It is tried again after RETRY_S.
        """
        with self._lock:
            if self._recognizer is None:
                if self._refusal is not None and time.monotonic() - self._refused_at < RETRY_S:
                    raise self._refusal
                try:
                    self._recognizer = self._load()
                except ModelUnavailableError as error:
                    self._refusal, self._refused_at = error, time.monotonic()
                    raise
            return self._recognizer

    def language_probabilities(self, samples: Samples) -> Mapping[str, float]:
        """How likely each language is spoken; loads the recognizer for this alone if need be.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz, at most 30 s

        Raises
        ------
        ModelUnavailableError, InferenceError
            It cannot be loaded, or failed.
        """
        with self._lock:
            if self._recognizer is not None:
                return self._recognizer.language_probabilities(samples)
        recognizer = self._load()
        try:
            return recognizer.language_probabilities(samples)
        finally:
            recognizer.close()

    def close(self) -> None:
        """Release the recognizer; idempotent."""
        with self._lock:
            recognizer, self._recognizer = self._recognizer, None
        if recognizer is not None:
            recognizer.close()
