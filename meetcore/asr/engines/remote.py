"""A recognizer on a server with OpenAI's interface: audio is sent to it, words come back."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import ClassVar

from meetcore.asr.engine import EngineSpec, LoadRequest
from meetcore.asr.live_recognizer import LiveRecognizer
from meetcore.asr.prompt_words import PromptWords
from meetcore.asr.recognizer import (
    MAX_CONTEXT,
    Recognition,
    RecognizeOptions,
    RecognizerInfo,
    check_window,
)
from meetcore.asr.remote.request import RemoteServer, RemoteTranscription
from meetcore.asr.remote.response import words_of
from meetcore.asr.repetition import compression_ratio
from meetcore.errors import InferenceError, ModelUnavailableError
from meetcore.records import SAMPLE_RATE, Samples
from meetcore.text.languages import NAMES

ENGINE = "remote"
REQUESTS_AT_ONCE = 2


class RemoteRecognizer:
    """Recognizes windows on a server; for the second pass only.

    Parameters
    ----------
    server : where, and as whom
    timeout_s : how long one answer may take
    """

    spec: ClassVar[EngineSpec] = EngineSpec(formats=("remote",), devices=("cpu", "cuda"))

    @classmethod
    def load(cls, request: LoadRequest) -> RemoteRecognizer:
        """The recognizer of the server that the settings name (see ``Engine.load``)."""
        if request.remote is None:
            raise ModelUnavailableError(
                "No server is set; set MEETCORE_REMOTE_URL, or choose another recognizer."
            )
        return cls(RemoteTranscription(request.remote), request.remote)

    def __init__(self, transcription: RemoteTranscription, server: RemoteServer) -> None:
        self._transcription: RemoteTranscription | None = transcription
        self._info = RecognizerInfo(
            server.model,
            ENGINE,
            server.host,
            "https" if server.is_encrypted else "http",
            tuple(NAMES),
            REQUESTS_AT_ONCE,
            detects_languages=False,
        )
        self._vocabulary = PromptWords()
        self._latest = threading.local()

    @property
    def info(self) -> RecognizerInfo:
        """The server's model, and its host in the place of the device."""
        return self._info

    def recognize(self, samples: Samples, options: RecognizeOptions) -> Recognition:
        """The words of one window (see ``Recognizer.recognize``).

        A second request for the same array gets the first one's answer: a server decodes as it
        does, and costs money.
        """
        check_window(samples)
        if self._transcription is None:
            raise InferenceError(f"{self._info.weight} was closed; load it again.")
        prompt = self._vocabulary.text(options.prompt_tokens)
        asked = (options.language, prompt)
        held: tuple[Samples, object, Recognition] | None = getattr(self._latest, "answer", None)
        if held is not None and held[0] is samples and held[1] == asked:
            return held[2]
        answer = self._transcription.transcribe(samples, options.language, prompt)
        found = Recognition(
            words_of(answer, samples.shape[0] / SAMPLE_RATE),
            answer.average_log_probability,
            answer.no_speech_probability,
            compression_ratio(answer.text),
            options.language or answer.language,
        )
        self._latest.answer = samples, asked, found
        return found

    def recognize_batch(
        self, windows: Sequence[Samples], options: RecognizeOptions
    ) -> list[Recognition]:
        """One result per window, asked for in turn (see ``Recognizer.recognize_batch``)."""
        return [self.recognize(window, options) for window in windows]

    def language_probabilities(
        self, samples: Samples, context: float = MAX_CONTEXT
    ) -> Mapping[str, float]:
        """The language that the server finds, with certainty; costs a request."""
        found = self.recognize(samples, RecognizeOptions())
        return {found.language or "en": 1.0}

    def open_live(self, language: str | None = None) -> LiveRecognizer:
        """Raises ModelUnavailableError: live words are not sent away."""
        raise ModelUnavailableError(
            "A server transcribes recordings only; set MEETCORE_LIVE_RECOGNIZER to a weight."
        )

    def tokens_of(self, text: str) -> tuple[int, ...]:
        """Words as numbers, which `recognize` turns back into the text of its prompt."""
        return self._vocabulary.tokens(text)

    def close(self) -> None:
        """Later calls raise InferenceError."""
        self._transcription = None
