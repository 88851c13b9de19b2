"""Moonshine on ONNX Runtime: English; takes short windows as they are, without padding to 30 s."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from meetcore.asr.engine import EngineSpec, LoadRequest
from meetcore.asr.live_recognizer import LiveRecognizer
from meetcore.asr.moonshine.alignment import token_times
from meetcore.asr.moonshine.decoder import (
    DECODER,
    ENCODER,
    SHORTEST_SAMPLES,
    Generated,
    MoonshineModel,
    Numbers,
)
from meetcore.asr.moonshine.drafts import Drafts
from meetcore.asr.moonshine.vocabulary import MoonshineTokens
from meetcore.asr.recognizer import (
    MAX_CONTEXT,
    Recognition,
    RecognizeOptions,
    RecognizerInfo,
    check_window,
)
from meetcore.asr.whisper.decoded import cut_at_loop, recognition, token_cap
from meetcore.asr.whisper.live import open_streaming
from meetcore.asr.whisper.word_times import TokenTimes
from meetcore.errors import InferenceError, ModelUnavailableError
from meetcore.records import SAMPLE_RATE, Samples

ENGINE = "moonshine"
LANGUAGE = "en"
TOKENIZER = "tokenizer.json"


@dataclass(frozen=True, slots=True)
class _Encoding:
    """The encoder's latest output on one thread, and the array it was made from."""

    samples: Samples
    hidden: Numbers


class MoonshineRecognizer:
    """A Moonshine model; safe to call from several threads, each computes on its own.

    Prompts, contexts and beams of the options have no effect: Moonshine has no such inputs.

    Parameters
    ----------
    folder : both networks (see ``moonshine.decoder``) and the tokenizer
    weight : the name to show
    workers : calls that may run in parallel

    Raises
    ------
    ModelUnavailableError
        The folder does not hold a Moonshine model.
    """

    spec: ClassVar[EngineSpec] = EngineSpec(
        formats=("moonshine",), module="onnxruntime", package="onnxruntime"
    )

    @classmethod
    def load(cls, request: LoadRequest) -> MoonshineRecognizer:
        """Load a weight (see ``Engine.load``); threads of one call become parallel calls."""
        return cls(request.path, request.weight, workers=request.workers * request.threads)

    def __init__(self, folder: Path, weight: str, *, workers: int = 1) -> None:
        try:
            self._tokens = MoonshineTokens(folder / TOKENIZER)
            self._model: MoonshineModel | None = MoonshineModel(folder, len(self._tokens))
        except Exception as error:  # ONNX Runtime's errors have no class in common but this
            raise ModelUnavailableError(
                f"{folder.name} is not a Moonshine model ({type(error).__name__}: {error});"
                f" name a weight of the catalogue, or a folder with {ENCODER}, {DECODER} and"
                f" {TOKENIZER}."
            ) from error
        self._info = RecognizerInfo(weight, ENGINE, "cpu", "int8", (LANGUAGE,), max(1, workers))
        self._recent = threading.local()

    @property
    def info(self) -> RecognizerInfo:
        """What was loaded."""
        return self._info

    def recognize(self, samples: Samples, options: RecognizeOptions) -> Recognition:
        """The words of one window (see ``Recognizer.recognize``)."""
        return self.recognize_drafted(samples, options, Drafts())

    def recognize_drafted(
        self, samples: Samples, options: RecognizeOptions, drafts: Drafts
    ) -> Recognition:
        """As `recognize`; what a draft says is verified in one pass, and costs no step a token.

        Parameters
        ----------
        drafts : of the meeting that the window belongs to; takes the result
        """
        check_window(samples)
        duration = samples.shape[0] / SAMPLE_RATE
        model = self._model
        if model is None:
            raise InferenceError(f"{self._info.weight} was closed; load it again.")
        if samples.shape[0] < SHORTEST_SAMPLES:
            return Recognition(language=LANGUAGE)
        cap = options.max_new_tokens or token_cap(duration, LANGUAGE)
        prefix = options.prefix_tokens
        with _translated_errors():
            hidden = self._encoded(model, samples)
            generated = model.generate(hidden, prefix, cap, drafts.after(prefix))
        drafts.put(prefix, generated.tokens)
        decoded = cut_at_loop(
            generated.tokens,
            float(generated.log_probabilities.mean()),
            generated.no_speech_probability,
            generated.capped,
        )
        times = _times(generated, len(prefix), duration) if options.word_times else None
        return recognition(samples, decoded, times, self._tokens, len(prefix), LANGUAGE)

    def recognize_batch(
        self, windows: Sequence[Samples], options: RecognizeOptions
    ) -> list[Recognition]:
        """One result per window, computed in turn (see ``Recognizer.recognize_batch``)."""
        return [self.recognize(window, options) for window in windows]

    def language_probabilities(
        self, samples: Samples, context: float = MAX_CONTEXT
    ) -> Mapping[str, float]:
        """English (see ``Recognizer.language_probabilities``)."""
        check_window(samples)
        return {LANGUAGE: 1.0}

    def open_live(self, language: str | None = None) -> LiveRecognizer:
        """Forced-prefix streaming over this model (see ``Recognizer.open_live``)."""
        return open_streaming(_OfOneMeeting(self), language)

    def tokens_of(self, text: str) -> tuple[int, ...]:
        """Nothing: the decoder takes no prompt (see ``Recognizer.tokens_of``)."""
        return ()

    def close(self) -> None:
        """Free the model; later calls raise InferenceError."""
        self._model = None
        self._recent = threading.local()

    def _encoded(self, model: MoonshineModel, samples: Samples) -> Numbers:
        """Encoder output, reused when this thread's latest call had the same array (a retry).

        Arrays are compared by identity; they are kept alive until the next call, so that no new
        array can get the id of an old one.
        """
        held: _Encoding | None = getattr(self._recent, "encoding", None)
        if held is None or held.samples is not samples:
            held = _Encoding(samples, model.encode(samples))
            self._recent.encoding = held
        return held.hidden


class _OfOneMeeting:
    """The recognizer as one live meeting uses it: each decode is a draft for the next.

    Drafts are kept by meeting, not by thread, so that other meetings never change the words.
    """

    def __init__(self, shared: MoonshineRecognizer) -> None:
        self._shared = shared
        self._drafts = Drafts()
        self.info = shared.info
        self.recognize_batch = shared.recognize_batch
        self.language_probabilities = shared.language_probabilities
        self.open_live = shared.open_live
        self.tokens_of = shared.tokens_of
        self.close = shared.close

    def recognize(self, samples: Samples, options: RecognizeOptions) -> Recognition:
        return self._shared.recognize_drafted(samples, options, self._drafts)


def _times(generated: Generated, skip: int, duration: float) -> TokenTimes | None:
    """Times of the prefix's and the new tokens; None without new tokens."""
    if not generated.tokens:
        return None
    new = np.exp(generated.log_probabilities[: len(generated.tokens)])
    return token_times(generated.attention, np.concatenate((np.ones(skip), new)), duration)


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except InferenceError:
        raise
    except Exception as error:  # ONNX Runtime's errors have no class in common but this
        raise InferenceError(
            f"Moonshine failed on this window ({type(error).__name__})."
        ) from error
