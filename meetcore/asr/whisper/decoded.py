"""Builds a Recognition from decoded tokens: loop cut, word times, scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from meetcore.asr.recognizer import Recognition
from meetcore.asr.repetition import compression_ratio, loop_start
from meetcore.asr.whisper.word_times import TokenTimes, timed_words, untimed_words
from meetcore.errors import InferenceError
from meetcore.records import SAMPLE_RATE, Samples


class Vocabulary(Protocol):
    """What turns tokens into words, for Whisper or another model with tokens."""

    def split(
        self, tokens: Sequence[int], language: str | None
    ) -> tuple[list[str], list[list[int]]]:
        """Text tokens as words: their texts, and the tokens of each."""
        ...


@dataclass(frozen=True, slots=True)
class DecodedTokens:
    """Newly decoded text tokens (without the forced prefix), before they are aligned."""

    tokens: tuple[int, ...]
    average_log_probability: float
    no_speech_probability: float
    truncated: bool
    """Cut at a loop, or stopped by the token cap."""


def token_cap(duration: float, language: str | None) -> int:
    """Most new tokens that `duration` seconds of speech can need.

    Fast English stays under 7 tokens a second; scripts that byte pairs cover badly need up to
    three times as many. 224 is half of Whisper's text context, its own limit.
    """
    per_second = 8 if language in (None, "en") else 20
    return min(224, 10 + int(per_second * duration))


def cut_at_loop(
    tokens: tuple[int, ...], average: float, no_speech: float, capped: bool
) -> DecodedTokens:
    """The decoded tokens, cut after the first round where they loop.

    Parameters
    ----------
    tokens : newly decoded text tokens
    average : mean log-probability of the tokens
    no_speech : probability that the window holds no speech
    capped : whether decoding stopped at the token cap
    """
    loop = loop_start(tokens)
    kept = tokens if loop is None else tokens[:loop]
    return DecodedTokens(kept, average, no_speech, capped or loop is not None)


def recognition(
    samples: Samples,
    decoded: DecodedTokens,
    times: TokenTimes | None,
    vocabulary: Vocabulary,
    skip: int,
    language: str,
) -> Recognition:
    """The words and scores of one window.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float32, 16 kHz, the window
    times : times of the forced and the decoded tokens; None gives every word the whole window
    skip : number of forced tokens at the start of `times`

    Raises
    ------
    InferenceError
        A score or a time is NaN, which neither the gate nor the store could handle; other
        windows may still work.
    """
    texts, groups = vocabulary.split(decoded.tokens, language)
    if times is None:
        certainty = math.exp(decoded.average_log_probability)
        words = untimed_words(texts, groups, samples.shape[0] / SAMPLE_RATE, certainty)
    else:
        words = timed_words(texts, groups, times, skip)
    scores = (decoded.average_log_probability, decoded.no_speech_probability)
    numbers = (number for word in words for number in (word.start, word.end, word.probability))
    if any(map(math.isnan, (*scores, *numbers))):
        raise InferenceError("The recognizer's scores are no numbers; this window is passed over.")
    return Recognition(
        words,
        decoded.average_log_probability,
        decoded.no_speech_probability,
        compression_ratio("".join(texts)),
        language,
        decoded.truncated,
    )
