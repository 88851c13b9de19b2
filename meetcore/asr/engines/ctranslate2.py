"""Whisper on CTranslate2: the fastest engine on CPU, with parallel calls."""

from __future__ import annotations

import operator
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from meetcore.asr.engine import EngineSpec, LoadRequest
from meetcore.asr.engines.ctranslate2_conversion import converted_model
from meetcore.asr.engines.ctranslate2_decoding import align, decode
from meetcore.asr.live_recognizer import LiveRecognizer
from meetcore.asr.recognizer import (
    MAX_CONTEXT,
    Recognition,
    RecognizeOptions,
    RecognizerInfo,
    check_window,
)
from meetcore.asr.whisper.decoded import recognition
from meetcore.asr.whisper.live import open_streaming
from meetcore.asr.whisper.mel import log_mel
from meetcore.asr.whisper.tokenizer import WhisperTokens
from meetcore.errors import InferenceError, ModelUnavailableError
from meetcore.records import SAMPLE_RATE, Samples

ENGINE = "ctranslate2"


@dataclass(frozen=True, slots=True)
class _Encoding:
    """The encoder's latest output on one thread, and what it was made from."""

    windows: tuple[Samples, ...]
    context: float
    output: Any

    def matches(self, windows: Sequence[Samples], context: float) -> bool:
        """Whether it was made from these very arrays (compared by identity)."""
        same = len(windows) == len(self.windows) and context == self.context
        return same and all(map(operator.is_, windows, self.windows))


class CTranslate2Recognizer:
    """A Whisper model run by CTranslate2.

    Parameters
    ----------
    directory : the model directory (see ``ctranslate2_conversion``)
    weight : the name to show
    device : "cpu" or "cuda"
    compute_type : None takes int8 on CPU and float16 on CUDA
    threads : CPU threads of one call; 0 takes CTranslate2's own choice (up to 4)
    workers : calls that may run in parallel; they share one copy of the weights

    Raises
    ------
    ModelUnavailableError
        The directory, the device or the compute type does not work here; the message names the
        setting to change.
    """

    spec: ClassVar[EngineSpec] = EngineSpec(
        formats=("ctranslate2", "openai"), devices=("cpu", "cuda"), module="ctranslate2"
    )

    @classmethod
    def load(cls, request: LoadRequest) -> CTranslate2Recognizer:
        """Load a weight, converting OpenAI's checkpoints once (see ``Engine.load``)."""
        path = request.path
        if not path.is_dir():
            path = converted_model(path, request.weight, request.cache_dir)
        return cls(
            path,
            request.weight,
            device=_device(request.device),
            threads=request.threads,
            workers=request.workers,
        )

    def __init__(
        self,
        directory: Path,
        weight: str,
        *,
        device: str = "cpu",
        compute_type: str | None = None,
        threads: int = 0,
        workers: int = 1,
    ) -> None:
        import ctranslate2

        wanted = compute_type or ("float16" if device == "cuda" else "int8")
        self._storage = ctranslate2.StorageView
        try:
            self._model: Any = ctranslate2.models.Whisper(
                str(directory),
                device=device,
                compute_type=wanted,
                intra_threads=threads,
                inter_threads=workers,
            )
        except (RuntimeError, ValueError) as error:
            raise ModelUnavailableError(
                f"CTranslate2 could not load {weight} on {device} as {wanted} ({error});"
                " set MEETCORE_DEVICE=cpu, or MEETCORE_ENGINE=openai-whisper."
            ) from error
        self._tokens = WhisperTokens(self._model.is_multilingual, self._model.num_languages)
        self._info = RecognizerInfo(
            weight, ENGINE, device, wanted, self._tokens.languages, max(1, workers)
        )
        self._recent = threading.local()

    @property
    def info(self) -> RecognizerInfo:
        """What was loaded."""
        return self._info

    def recognize(self, samples: Samples, options: RecognizeOptions) -> Recognition:
        """The words of one window (see ``Recognizer.recognize``)."""
        return self.recognize_batch([samples], options)[0]

    def recognize_batch(
        self, windows: Sequence[Samples], options: RecognizeOptions
    ) -> list[Recognition]:
        """One result per window (see ``Recognizer.recognize_batch``)."""
        if not windows:
            return []
        for window in windows:
            check_window(window)
        with _translated_errors():
            encoded = self._encoded(windows, options.context)
            language = options.language or self._language_of(encoded)
            decoded = decode(self._model, self._tokens, encoded, windows, options, language)
            times = align(self._model, self._tokens, encoded, windows, decoded, options, language)
        return [
            recognition(window, new, timing, self._tokens, len(options.prefix_tokens), language)
            for window, new, timing in zip(windows, decoded, times, strict=True)
        ]

    def language_probabilities(
        self, samples: Samples, context: float = MAX_CONTEXT
    ) -> Mapping[str, float]:
        """Probabilities by ISO code (see ``Recognizer.language_probabilities``)."""
        check_window(samples)
        if not self._tokens.multilingual:
            return {"en": 1.0}
        with _translated_errors():
            found = self._model.detect_language(self._encoded([samples], context))[0]
        return {token.strip("<|>"): float(probability) for token, probability in found}

    def open_live(self, language: str | None = None) -> LiveRecognizer:
        """Forced-prefix streaming over this model (see ``Recognizer.open_live``)."""
        return open_streaming(self, language)

    def tokens_of(self, text: str) -> tuple[int, ...]:
        """Text in this weight's vocabulary (see ``Recognizer.tokens_of``)."""
        return self._tokens.encode(text)

    def close(self) -> None:
        """Free the model; later calls raise InferenceError."""
        if self._model is not None:
            self._model.unload_model()
            self._model = None
        self._recent = threading.local()

    def _encoded(self, windows: Sequence[Samples], context: float) -> Any:
        """Encoder output, reused when this thread's latest call had the same arrays (a retry).

        Arrays are compared by identity; they are kept alive until the next call, so that no new
        array can get the id of an old one.
        """
        held: _Encoding | None = getattr(self._recent, "encoding", None)
        if held is None or not held.matches(windows, context):
            held = _Encoding(tuple(windows), context, self.encode(windows, context))
            self._recent.encoding = held
        return held.output

    def encode(self, windows: Sequence[Samples], context: float) -> Any:
        """Encoder output of windows padded to one length.

        Parameters
        ----------
        windows : sequence of np.ndarray, each shape (n_samples,), float32, 16 kHz
        context : seconds the features are padded to, or more where a window is longer

        Returns
        -------
        ctranslate2.StorageView, shape (n_windows, n_positions, n_state), 50 positions a second

        Raises
        ------
        InferenceError
            The recognizer was closed.
        """
        if self._model is None:
            raise InferenceError(f"{self._info.weight} was closed; load it again.")
        longest = max(window.shape[0] for window in windows) / SAMPLE_RATE
        context = max(context, longest)
        features = np.stack([log_mel(window, context, self._model.n_mels) for window in windows])
        return self._model.encode(self._storage.from_array(features))

    def _language_of(self, encoded: Any) -> str:
        if not self._tokens.multilingual:
            return "en"
        best = self._model.detect_language(encoded)[0][0]
        return str(best[0]).strip("<|>")


def _device(device: str) -> str:
    """The device of a request, "auto" resolved."""
    if device != "auto":
        return device
    import ctranslate2

    return "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError) as error:
        raise InferenceError(f"CTranslate2 failed on this window ({error}).") from error
