"""Whisper on torch with OpenAI's package: the reference implementation, slower on CPU."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from meetcore.asr.engine import EngineSpec, LoadRequest
from meetcore.asr.live_recognizer import LiveRecognizer
from meetcore.asr.recognizer import (
    MAX_CONTEXT,
    Recognition,
    RecognizeOptions,
    RecognizerInfo,
    check_window,
)
from meetcore.asr.whisper.checkpoint import not_a_checkpoint, read_checkpoint
from meetcore.asr.whisper.decoded import DecodedTokens, cut_at_loop, recognition, token_cap
from meetcore.asr.whisper.live import open_streaming
from meetcore.asr.whisper.tokenizer import WhisperTokens
from meetcore.asr.whisper.word_times import TokenTimes
from meetcore.errors import InferenceError, ModelUnavailableError
from meetcore.records import SAMPLE_RATE, Samples
from meetcore.thread_counts import set_torch_threads

ENGINE = "openai-whisper"


class OpenAIWhisperRecognizer:
    """An openai-whisper model.

    Its encoder always takes 30 s, so a short `RecognizeOptions.context` saves nothing here. Its
    decoding installs hooks on the shared module, so a lock serializes all calls.

    Parameters
    ----------
    checkpoint : OpenAI's .pt
    weight : Whisper's name for it ("tiny.en"); known names bring their alignment heads
    device : "cpu" (float32) or "cuda" (float16)
    threads : CPU threads of torch in the whole process; 0 leaves them as they are

    Raises
    ------
    ModelUnavailableError
        The file is not a Whisper checkpoint, or the device does not work here; the message names
        the remedy.
    """

    spec: ClassVar[EngineSpec] = EngineSpec(
        formats=("openai",), devices=("cpu", "cuda"), module="whisper"
    )

    @classmethod
    def load(cls, request: LoadRequest) -> OpenAIWhisperRecognizer:
        """Load a checkpoint (see ``Engine.load``)."""
        device = _device(request.device)
        threads = request.threads if device == "cpu" else 0
        return cls(request.path, request.weight, device=device, threads=threads)

    def __init__(
        self, checkpoint: Path, weight: str, *, device: str = "cpu", threads: int = 0
    ) -> None:
        if threads:
            set_torch_threads(threads)
        self._model: Any = _load(checkpoint, weight, device)
        self._lock = threading.Lock()
        self._half = device == "cuda"
        self._tokens = WhisperTokens(self._model.is_multilingual, self._model.num_languages)
        compute_type = "float16" if self._half else "float32"
        self._info = RecognizerInfo(weight, ENGINE, device, compute_type, self._tokens.languages)

    @property
    def info(self) -> RecognizerInfo:
        """What was loaded."""
        return self._info

    def recognize(self, samples: Samples, options: RecognizeOptions) -> Recognition:
        """The words of one window (see ``Recognizer.recognize``)."""
        check_window(samples)
        with self._lock, _translated_errors():
            mel = self._features(samples)
            language = options.language or self._language_of(mel)
            decoded = self._decode(mel, samples, options, language)
            times = self._align(mel, samples, decoded, options, language)
        skip = len(options.prefix_tokens)
        return recognition(samples, decoded, times, self._tokens, skip, language)

    def recognize_batch(
        self, windows: Sequence[Samples], options: RecognizeOptions
    ) -> list[Recognition]:
        """One result per window, computed in turn (see ``Recognizer.recognize_batch``)."""
        return [self.recognize(window, options) for window in windows]

    def language_probabilities(
        self, samples: Samples, context: float = MAX_CONTEXT
    ) -> Mapping[str, float]:
        """Probabilities by ISO code (see ``Recognizer.language_probabilities``)."""
        check_window(samples)
        if not self._tokens.multilingual:
            return {"en": 1.0}
        with self._lock, _translated_errors():
            return self._probabilities(self._features(samples))

    def open_live(self, language: str | None = None) -> LiveRecognizer:
        """Forced-prefix streaming over this model (see ``Recognizer.open_live``)."""
        return open_streaming(self, language)

    def tokens_of(self, text: str) -> tuple[int, ...]:
        """Text in this weight's vocabulary (see ``Recognizer.tokens_of``)."""
        return self._tokens.encode(text)

    def close(self) -> None:
        """Free the model; later calls raise InferenceError."""
        with self._lock:
            self._model = None

    def _features(self, samples: Samples) -> Any:
        import torch
        from whisper.audio import log_mel_spectrogram, pad_or_trim

        if self._model is None:
            raise InferenceError(f"{self._info.weight} was closed; load it again.")
        mel = log_mel_spectrogram(pad_or_trim(torch.tensor(samples)), self._model.dims.n_mels).to(
            self._model.device
        )
        return mel.half() if self._half else mel

    def _language_of(self, mel: Any) -> str:
        if not self._tokens.multilingual:
            return "en"
        probabilities = self._probabilities(mel)
        return max(probabilities, key=lambda code: probabilities[code])

    def _probabilities(self, mel: Any) -> dict[str, float]:
        _, probabilities = self._model.detect_language(mel, self._tokens.tokenizer())
        return dict(probabilities)

    def _decode(
        self, mel: Any, samples: Samples, options: RecognizeOptions, language: str
    ) -> DecodedTokens:
        from whisper.decoding import DecodingOptions

        cap = options.max_new_tokens or token_cap(samples.shape[0] / SAMPLE_RATE, language)
        result = self._model.decode(
            mel,
            DecodingOptions(
                language=language,
                sample_len=cap,
                beam_size=options.beam_size if options.beam_size > 1 else None,
                prompt=list(options.prompt_tokens) or None,
                prefix=list(options.prefix_tokens) or None,
                # After a prefix there may be no further speech: no new words is a valid result.
                suppress_blank=not options.prefix_tokens,
                # The default ranking divides by the number of new tokens, which may then be 0.
                length_penalty=1.0 if options.prefix_tokens else None,
                without_timestamps=not options.timestamps,
                fp16=self._half,
            ),
        )
        tokens = tuple(token for token in result.tokens if token < self._tokens.end_of_text)
        capped = len(result.tokens) >= cap
        return cut_at_loop(tokens, result.avg_logprob, result.no_speech_prob, capped)

    def _align(
        self,
        mel: Any,
        samples: Samples,
        decoded: DecodedTokens,
        options: RecognizeOptions,
        language: str,
    ) -> TokenTimes | None:
        if not options.word_times or not decoded.tokens:
            return None
        from whisper.timing import find_alignment

        duration = samples.shape[0] / SAMPLE_RATE
        words = find_alignment(
            self._model,
            self._tokens.tokenizer(language),
            [*options.prefix_tokens, *decoded.tokens],
            mel,
            max(2, math.ceil(duration * 100)),
        )
        return _spread(words, duration)


def _device(device: str) -> str:
    """The device of a request, "auto" resolved."""
    if device != "auto":
        return device
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _spread(words: Sequence[Any], duration: float) -> TokenTimes:
    """Word times as token times in seconds: a word's tokens share its span evenly."""
    starts: list[float] = []
    probabilities: list[float] = []
    for word in words:
        count = len(word.tokens)
        steps = np.linspace(word.start, word.end, count, endpoint=False)
        starts.extend(float(step) for step in np.clip(steps, 0.0, duration))
        probabilities.extend([float(word.probability)] * count)
    end = float(np.clip(words[-1].end, 0.0, duration)) if words else 0.0
    return TokenTimes((*starts, end), tuple(probabilities))


def _load(checkpoint: Path, weight: str, device: str) -> Any:
    """The model with its alignment heads, in evaluation mode on `device`."""
    import whisper
    from whisper.model import ModelDimensions, Whisper

    dims, tensors = read_checkpoint(checkpoint)
    try:
        model = Whisper(ModelDimensions(**dims))
        model.load_state_dict(tensors)
    except Exception as error:  # other dimensions or tensors raise TypeError, RuntimeError, …
        raise not_a_checkpoint(checkpoint, error) from error
    heads = whisper._ALIGNMENT_HEADS.get(weight)
    if heads is not None:
        model.set_alignment_heads(heads)
    try:
        return model.to(device).eval()
    except (RuntimeError, AssertionError) as error:
        raise ModelUnavailableError(
            f"{weight} cannot run on {device} ({error}); set MEETCORE_DEVICE=cpu."
        ) from error


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, IndexError) as error:
        raise InferenceError(f"openai-whisper failed on this window ({error}).") from error
