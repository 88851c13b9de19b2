"""`FallingBackRecognizer`: a server's recognizer, and a local one for what the server fails on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from meetcore.asr.live_recognizer import LiveRecognizer
from meetcore.asr.prompt_words import PromptWords
from meetcore.asr.recognizer import (
    MAX_CONTEXT,
    Recognition,
    RecognizeOptions,
    Recognizer,
    RecognizerInfo,
)
from meetcore.errors import InferenceError, MeetcoreError
from meetcore.records import Samples
from meetcore.text.languages import why_unspoken
from meetcore.text.safe_traceback import in_one_line

logger = logging.getLogger(__name__)


class FallingBackRecognizer:
    """Recognizes on a server until that fails once, from then on here. Safe from several threads.

    Parameters
    ----------
    remote : the server's recognizer
    load_local : loads the local recognizer for a language, None where it is unknown; raises
        ModelUnavailableError
    """

    def __init__(self, remote: Recognizer, load_local: Callable[[str | None], Recognizer]) -> None:
        self._remote = remote
        self._load_local = load_local
        self._local: Recognizer | None = None
        self._lock = threading.Lock()
        self._reason = ""
        self._prompts = PromptWords()
        self._language: str | None = None
        """What the server found last: the local weight must write it too."""

    @property
    def info(self) -> RecognizerInfo:
        """What was loaded first: the server's."""
        return self._remote.info

    @property
    def trouble(self) -> str:
        """Why the server is not asked any more, and what takes its place; empty while it is."""
        with self._lock:
            if not self._reason:
                return ""
            local = self._local.info.weight if self._local else "no weight on this machine"
            return f"{self._reason} From there on {local} wrote the transcript."

    def recognize(self, samples: Samples, options: RecognizeOptions) -> Recognition:
        """The words of one window (see ``Recognizer.recognize``)."""
        if not self.has_fallen_back:
            try:
                found = self._remote.recognize(samples, self._for(self._remote, options))
            except InferenceError as error:
                self._fall_back(error)
            else:
                self._language = found.language or self._language
                return found
        language = options.language or self._language
        local = self._here(language)
        if problem := why_unspoken(language, local.info.weight, local.info.languages):
            raise InferenceError(problem)
        return local.recognize(samples, self._for(local, options))

    def _for(self, recognizer: Recognizer, options: RecognizeOptions) -> RecognizeOptions:
        """The options with the prompt in a recognizer's own tokens."""
        prompt = self._prompts.text(options.prompt_tokens)
        return replace(options, prompt_tokens=recognizer.tokens_of(prompt) if prompt else ())

    def recognize_batch(
        self, windows: Sequence[Samples], options: RecognizeOptions
    ) -> list[Recognition]:
        """One result per window (see ``Recognizer.recognize_batch``)."""
        return [self.recognize(window, options) for window in windows]

    @property
    def has_fallen_back(self) -> bool:
        """Whether the server failed."""
        with self._lock:
            return bool(self._reason)

    def language_probabilities(
        self, samples: Samples, context: float = MAX_CONTEXT
    ) -> Mapping[str, float]:
        """Probabilities by ISO code (see ``Recognizer.language_probabilities``)."""
        if self.has_fallen_back:
            return self._here(self._language).language_probabilities(samples, context)
        return self._remote.language_probabilities(samples, context)

    def open_live(self, language: str | None = None) -> LiveRecognizer:
        """Raises ModelUnavailableError, as the server's recognizer does."""
        return self._remote.open_live(language)

    def tokens_of(self, text: str) -> tuple[int, ...]:
        """Numbers of words, which `recognize` turns into tokens of the one that it asks."""
        return self._prompts.tokens(text)

    def close(self) -> None:
        """Release both; idempotent."""
        self._remote.close()
        with self._lock:
            local, self._local = self._local, None
        if local is not None:
            local.close()

    def _fall_back(self, error: InferenceError) -> None:
        with self._lock:
            if self._reason:
                return
            self._reason = str(error)
        logger.warning("the server is not asked any more: %s", in_one_line(error))

    def _here(self, language: str | None) -> Recognizer:
        """The local recognizer; loads it once. Raises InferenceError where it does not load."""
        with self._lock:
            if self._local is None:
                try:
                    self._local = self._load_local(language)
                except MeetcoreError as error:
                    raise InferenceError(f"{self._reason} {error}") from error
            return self._local
