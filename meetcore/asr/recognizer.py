"""The protocol every speech recognizer follows, and the records it takes and returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from meetcore.asr.live_recognizer import LiveRecognizer
from meetcore.records import SAMPLE_RATE, Samples

MAX_CONTEXT = 30.0
"""Longest window in seconds: Whisper's encoder has no more positions (Radford et al. 2022, 2.2)."""


@dataclass(frozen=True, slots=True)
class RecognizedWord:
    """One recognized word; `start` and `end` are seconds from the window's first sample.

    `text` keeps its leading space; a piece without one continues the word before it.
    """

    text: str
    start: float
    end: float
    probability: float
    tokens: tuple[int, ...]
    """Ids in the recognizer's vocabulary; empty for a recognizer without tokens."""
    closing_marks: str = ""
    """Punctuation at the end of `text`; often wrong at the end of the audio."""
    closing_tokens: int = 0
    """How many of the last tokens make up `closing_marks`."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """The words of one window, with the scores that the hallucination gate judges by."""

    words: tuple[RecognizedWord, ...] = ()
    average_log_probability: float = 0.0
    """Mean natural log-probability of the tokens."""
    no_speech_probability: float = 0.0
    compression_ratio: float = 0.0
    """See meetcore.asr.repetition.compression_ratio."""
    language: str | None = None
    truncated: bool = False
    """Decoding stopped at a loop or at the token cap: audio after the last word may hold speech."""

    @property
    def text(self) -> str:
        """The words joined, with the first one's leading space."""
        return "".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class RecognizeOptions:
    """How to recognize one window. A recognizer ignores what its model has no use for.

    Parameters
    ----------
    language : ISO code; None detects it (English where the weight has no other).
    prompt_tokens : text before the window, given to the decoder after ``<|startofprev|>``.
    prefix_tokens : words of this window that are final already. Decoding continues after them;
        only new words are returned, timed by aligning prefix and new words together. Each prefix
        token costs a decoder step (a prompt costs one pass in all).
    context : seconds the features are padded to, at most 30; the encoder's cost grows with it.
    beam_size : 1 is greedy.
    max_new_tokens : None derives a cap from the duration of the samples.
    word_times : False skips the alignment; every word then spans the whole window.
    timestamps : let the decoder write timestamp tokens too. It then seldom stops after the first
        sentence of a long window; word times come from the alignment either way.

    Raises
    ------
    ValueError
        A number is out of its range.
    """

    language: str | None = None
    prompt_tokens: tuple[int, ...] = ()
    prefix_tokens: tuple[int, ...] = ()
    context: float = MAX_CONTEXT
    beam_size: int = 1
    max_new_tokens: int | None = None
    word_times: bool = True
    timestamps: bool = False

    def __post_init__(self) -> None:
        if not 0.0 < self.context <= MAX_CONTEXT:
            raise ValueError(f"context must be in (0, {MAX_CONTEXT:g}] s, not {self.context:g}.")
        if self.beam_size < 1:
            raise ValueError(f"beam_size must be at least 1, not {self.beam_size}.")
        if self.max_new_tokens is not None and self.max_new_tokens < 1:
            raise ValueError(f"max_new_tokens must be at least 1, not {self.max_new_tokens}.")


@dataclass(frozen=True, slots=True)
class GateOptions:
    """Thresholds of the hallucination gate; the defaults fit Whisper's scores.

    Source: openai-whisper's transcribe.py for the probabilities and the compression ratio.
    """

    silence_db: float = -60.0
    """Level of the audio in dB of full scale below which no text is accepted."""
    no_speech_probability: float = 0.6
    average_log_probability: float = -1.0
    compression_ratio: float = 2.4
    hopeless_log_probability: float = -1.8
    """Average log-probability below which text is rejected without any other sign."""
    sure_no_speech_probability: float = 0.3
    sure_log_probability: float = -0.5
    """Text in audio with hardly any speech needs scores at least this good."""
    middling_log_probability: float = -0.7
    """In little speech, text below this is rejected where speech is improbable as well."""
    prompt: str = ""
    """The prompt given to the decoder, which it tends to repeat over doubtful audio."""


@dataclass(frozen=True, slots=True)
class RecognizerInfo:
    """What a loaded recognizer is: its weight, engine and device, and what it can do."""

    weight: str
    engine: str
    device: str
    compute_type: str
    languages: tuple[str, ...] = ("en",)
    """ISO codes it can transcribe."""
    workers: int = 1
    """Calls that run in parallel."""
    gate: GateOptions = field(default_factory=GateOptions)
    """Gate thresholds that fit this recognizer's scores."""
    detects_languages: bool = True
    """Whether `language_probabilities` may be asked for each stretch of speech."""

    def __str__(self) -> str:
        return f"{self.weight} · {self.engine} · {self.device} {self.compute_type}"


class Recognizer(Protocol):
    """A loaded speech recognizer; safe to call from several threads."""

    @property
    def info(self) -> RecognizerInfo:
        """What was loaded."""
        ...

    def recognize(self, samples: Samples, options: RecognizeOptions) -> Recognition:
        """The words of one window.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz, at most 30 s

        Raises
        ------
        ValueError
            The samples are not mono or longer than 30 s.
        InferenceError
            The engine failed on this window; other windows may still work.
        """
        ...

    def recognize_batch(
        self, windows: Sequence[Samples], options: RecognizeOptions
    ) -> list[Recognition]:
        """One result per window, all with the same options.

        Parameters
        ----------
        windows : sequence of np.ndarray, each shape (n_samples,), float32, 16 kHz, at most 30 s

        Raises
        ------
        ValueError, InferenceError
            As `recognize` does.
        """
        ...

    def open_live(self, language: str | None = None) -> LiveRecognizer:
        """A live recognizer for one meeting over this model.

        Parameters
        ----------
        language : ISO code, or several with commas between, one of which is detected in each
            stretch of speech; None detects any
        """
        ...

    def language_probabilities(
        self, samples: Samples, context: float = MAX_CONTEXT
    ) -> Mapping[str, float]:
        """How likely each language is spoken in a window, by ISO code.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz, at most 30 s
        context : seconds the features are padded to; with the same array and context,
            `recognize` uses the encoder's output again

        Raises
        ------
        InferenceError
            The engine failed on these samples.
        """
        ...

    def tokens_of(self, text: str) -> tuple[int, ...]:
        """Text as token ids, for `RecognizeOptions.prompt_tokens`; empty without a vocabulary."""
        ...

    def close(self) -> None:
        """Free the model; idempotent."""
        ...


def check_window(samples: Samples) -> None:
    """Check that samples are mono and at most 30 s long.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float32, 16 kHz

    Raises
    ------
    ValueError
        They are not; pass a shorter window, or one channel.
    """
    if samples.ndim != 1:
        raise ValueError(f"samples must have shape (n_samples,), not {samples.shape}.")
    if samples.shape[0] > MAX_CONTEXT * SAMPLE_RATE:
        seconds = samples.shape[0] / SAMPLE_RATE
        raise ValueError(f"a window holds at most {MAX_CONTEXT:g} s of audio, not {seconds:.1f} s.")
