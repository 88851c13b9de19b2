"""A fake recognizer: each word is a burst of one level in the audio."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from meetcore.asr.engine import EngineSpec
from meetcore.asr.live_recognizer import LiveRecognizer
from meetcore.asr.recognizer import Recognition, RecognizedWord, RecognizeOptions, RecognizerInfo
from meetcore.asr.vad.activity import FRAME_SAMPLES, Probabilities
from meetcore.asr.whisper.live import open_streaming
from meetcore.errors import InferenceError
from meetcore.records import SAMPLE_RATE, Samples

Say = Callable[[Samples, RecognizeOptions, list[RecognizedWord]], Recognition]


def spoken(word_starts: Sequence[float], duration: float, length: float = 0.3) -> Samples:
    """Audio in which word number n, from 1, is `length` seconds at the level n / 1000."""
    samples = np.zeros(round(duration * SAMPLE_RATE), dtype=np.float32)
    for number, start in enumerate(word_starts, 1):
        first = round(start * SAMPLE_RATE)
        samples[first : first + round(length * SAMPLE_RATE)] = 0.1 + number / 1000
    return samples


def heard(samples: Samples) -> list[RecognizedWord]:
    """The words in a window, whole or in part: one for each run of one level."""
    edges = np.flatnonzero(np.diff(samples, prepend=np.float32(0), append=np.float32(0)))
    words = []
    for first, last in pairwise(edges):
        if samples[first] > 0:
            number = round((float(samples[first]) - 0.1) * 1000)
            words.append(
                RecognizedWord(
                    f" w{number}", first / SAMPLE_RATE, last / SAMPLE_RATE, 0.9, (number,)
                )
            )
    return words


def plain(words: Sequence[RecognizedWord], truncated: bool = False) -> Recognition:
    return Recognition(tuple(words), -0.2, 0.1, 1.2, "en", truncated)


class ScriptedRecognizer:
    """Returns the bursts in a window as words; `say` can change the result."""

    def __init__(self, say: Say | None = None, info: RecognizerInfo | None = None) -> None:
        self.say = say
        self.known = info or RecognizerInfo("scripted", "fake", "cpu", "float32")
        self.calls: list[tuple[int, RecognizeOptions]] = []
        self.closed = False

    @property
    def info(self) -> RecognizerInfo:
        return self.known

    def recognize(self, samples: Samples, options: RecognizeOptions) -> Recognition:
        self.calls.append((samples.shape[0], options))
        words = heard(samples)
        return self.say(samples, options, words) if self.say else plain(words)

    def recognize_batch(
        self, windows: Sequence[Samples], options: RecognizeOptions
    ) -> list[Recognition]:
        return [self.recognize(window, options) for window in windows]

    def open_live(self, language: str | None = None) -> LiveRecognizer:
        return open_streaming(self, language)

    def language_probabilities(self, samples: Samples, context: float = 30.0) -> dict[str, float]:
        return {"en": 1.0}

    def tokens_of(self, text: str) -> tuple[int, ...]:
        return tuple(map(ord, text))

    def close(self) -> None:
        self.closed = True


class NotInstalled:
    """An engine whose library is missing."""

    spec = EngineSpec(("openai",), module="no_such_module")


class LevelActivity:
    """Speech is whatever is not digital silence."""

    def reset(self) -> None:
        return None

    def speech_probabilities(self, samples: Samples) -> Probabilities:
        count = -(-samples.shape[0] // FRAME_SAMPLES)
        padded = np.zeros(count * FRAME_SAMPLES, dtype=np.float32)
        padded[: samples.shape[0]] = samples
        return np.abs(padded).reshape(count, FRAME_SAMPLES).max(axis=1).clip(0, 0.05) * 18


def failing(
    samples: Samples, options: RecognizeOptions, words: list[RecognizedWord]
) -> Recognition:
    raise InferenceError("The engine failed on this window.")
