"""The seam to Whisper: what a recognizer is asked and what it answers; every engine keeps to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from meetcore.records import SAMPLE_RATE, Samples

MAX_CONTEXT = 30.0
"""Seconds that Whisper's encoder has positions for (Radford et al. 2022, section 2.2)."""


@dataclass(frozen=True, slots=True)
class RecognizedWord:
    """One word as the recognizer saw it; seconds count from the first sample passed.

    `text` keeps its leading space; a piece without one belongs to what stands before it.
    """

    text: str
    start: float
    end: float
    probability: float
    tokens: tuple[int, ...]
    closing_marks: str = ""
    """Punctuation at the end of `text`, which a decoder that ran out of audio often made up."""
    closing_tokens: int = 0
    """How many of the last tokens those marks are."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What one window of audio gave, with the evidence the gate weighs."""

    words: tuple[RecognizedWord, ...] = ()
    average_log_probability: float = 0.0
    no_speech_probability: float = 0.0
    compression_ratio: float = 0.0
    language: str | None = None
    truncated: bool = False
    """A loop guard or the token cap stopped it: audio after the last word may hold more speech."""

    @property
    def text(self) -> str:
        """The words as one line, leading space kept."""
        return "".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class RecognizeOptions:
    """How to recognize one window.

    Parameters
    ----------
    language : ISO code; None detects it (English where the weight knows nothing else).
    prompt_tokens : text said before the window, put after ``<|startofprev|>``.
    prefix_tokens : words of this very window already settled; decoding continues after
        them and the result holds only what is new, timed over prefix and new together. Costs
        as much as decoding them again (a prompt, in contrast, is read in one pass).
    context : seconds the features are padded to, at most 30; short ones are much cheaper.
    beam_size : 1 is greedy.
    max_new_tokens : None caps by the duration of the samples.
    word_times : False saves the alignment; every word then spans the whole window.
    timestamps : let the decoder write timestamp tokens too. It then seldom stops after the first
        sentence of a long window; the words and their times are made the same way.
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
class RecognizerInfo:
    """Which weight runs on what."""

    weight: str
    engine: str
    device: str
    compute_type: str
    languages: tuple[str, ...] = ("en",)
    workers: int = 1
    """Calls that run side by side."""

    def __str__(self) -> str:
        return f"{self.weight} · {self.engine} · {self.device} {self.compute_type}"


class Recognizer(Protocol):
    """A loaded Whisper; safe to call from several threads."""

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
            The samples are longer than 30 s.
        InferenceError
            The engine failed on this window; others may still work.
        """
        ...

    def recognize_batch(
        self, windows: Sequence[Samples], options: RecognizeOptions
    ) -> list[Recognition]:
        """One result per window, all with the same options."""
        ...

    def detect_language(self, samples: Samples) -> str:
        """ISO code of the language most likely spoken in the first 30 s."""
        ...

    def tokens_of(self, text: str) -> tuple[int, ...]:
        """Text in this weight's vocabulary, for `RecognizeOptions.prompt_tokens`."""
        ...

    def close(self) -> None:
        """Free the model; idempotent."""
        ...


def check_window(samples: Samples) -> None:
    """Raise ValueError unless `samples` is mono and fits the encoder's 30 s."""
    if samples.ndim != 1:
        raise ValueError(f"samples must have shape (n_samples,), not {samples.shape}.")
    if samples.shape[0] > MAX_CONTEXT * SAMPLE_RATE:
        seconds = samples.shape[0] / SAMPLE_RATE
        raise ValueError(f"a window holds at most {MAX_CONTEXT:g} s of audio, not {seconds:.1f} s.")


def token_cap(duration: float, language: str | None) -> int:
    """Most new tokens a window of `duration` seconds can honestly need.

    Fast English stays under 7 tokens a second; scripts that byte pairs cover badly need up to
    three times as many. 224 is half of Whisper's text context, its own limit.
    """
    per_second = 8 if language in (None, "en") else 20
    return min(224, 10 + int(per_second * duration))
