"""Word times from the alignment of Whisper's tokens with the audio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from meetcore.asr.recognizer import RecognizedWord

SECONDS_PER_STEP = 0.02
"""Length of one encoder position: two feature frames of 10 ms."""

OPENING = "\"'“¿([{-"
CLOSING = "\"'.。,，!！?？:：”)]}、"  # noqa: RUF100
"""Punctuation joined to the next word (opening) or the one before; as in openai-whisper."""


@dataclass(frozen=True, slots=True)
class TokenTimes:
    """Start in seconds and probability of each text token.

    `starts` has one value more than `probabilities`: the end of the last token.
    """

    starts: tuple[float, ...]
    probabilities: tuple[float, ...]


def token_times(
    path: Sequence[tuple[int, int]], probabilities: Sequence[float], duration: float
) -> TokenTimes:
    """Times of tokens, from an alignment path of (token, encoder position) pairs.

    A token starts where the path first reaches it; the end-of-text row is the end of the last.

    Parameters
    ----------
    path : alignment by dynamic time warping; the last token is end-of-text
    probabilities : one per text token
    duration : seconds of audio before the padding; no time is later
    """
    pairs = np.asarray(path, dtype=np.int64).reshape(-1, 2)
    count = len(probabilities)
    _, first = np.unique(pairs[:, 0], return_index=True)
    starts = np.clip(pairs[first, 1] * SECONDS_PER_STEP, 0.0, duration)
    if starts.shape[0] < count + 1:
        starts = np.append(starts, np.full(count + 1 - starts.shape[0], duration))
    return TokenTimes(
        tuple(float(value) for value in starts[: count + 1]),
        tuple(float(value) for value in probabilities),
    )


def timed_words(
    texts: Sequence[str], tokens: Sequence[Sequence[int]], times: TokenTimes, skip: int = 0
) -> tuple[RecognizedWord, ...]:
    """Words with the times of their tokens; the first `skip` tokens of `times` are a prefix."""
    words: list[RecognizedWord] = []
    position = skip
    for text, group in zip(texts, tokens, strict=True):
        stop = position + len(group)
        words.append(
            RecognizedWord(
                text,
                times.starts[position],
                times.starts[stop],
                float(np.mean(times.probabilities[position:stop])),
                tuple(group),
            )
        )
        position = stop
    return merge_punctuation(words)


def untimed_words(
    texts: Sequence[str], tokens: Sequence[Sequence[int]], duration: float, probability: float
) -> tuple[RecognizedWord, ...]:
    """Words that all span the whole window of `duration` seconds."""
    words = [
        RecognizedWord(text, 0.0, duration, probability, tuple(group))
        for text, group in zip(texts, tokens, strict=True)
    ]
    return merge_punctuation(words)


def merge_punctuation(words: Sequence[RecognizedWord]) -> tuple[RecognizedWord, ...]:
    """Words with their punctuation attached; a word keeps its own times."""
    merged: list[RecognizedWord] = []
    opening: RecognizedWord | None = None
    for word in words:
        if opening is not None:
            word = replace(word, text=opening.text + word.text, tokens=opening.tokens + word.tokens)
            opening = None
        bare = word.text.strip()
        if merged and not merged[-1].text.endswith(" ") and word.text in CLOSING:
            before = merged[-1]
            merged[-1] = replace(
                before,
                text=before.text + word.text,
                tokens=before.tokens + word.tokens,
                closing_marks=before.closing_marks + word.text,
                closing_tokens=before.closing_tokens + len(word.tokens),
            )
        elif word.text.startswith(" ") and bare and bare in OPENING:
            opening = word
        else:
            merged.append(word)
    if opening is not None:
        merged.append(opening)
    return tuple(merged)
