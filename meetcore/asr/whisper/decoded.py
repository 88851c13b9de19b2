"""From decoded tokens to a Recognition: what every engine does after its decoder."""

from __future__ import annotations

import math
from dataclasses import dataclass

from meetcore.asr.recognizer import Recognition
from meetcore.asr.repetition import compression_ratio, loop_start
from meetcore.asr.whisper.tokenizer import WhisperTokens
from meetcore.asr.whisper.word_times import TokenTimes, timed_words, untimed_words
from meetcore.errors import InferenceError
from meetcore.records import SAMPLE_RATE, Samples


@dataclass(frozen=True, slots=True)
class Draft:
    """Decoded text tokens, without those that were forced, before they are aligned."""

    tokens: tuple[int, ...]
    average_log_probability: float
    no_speech_probability: float
    truncated: bool


def guarded_draft(tokens: tuple[int, ...], average: float, no_speech: float, capped: bool) -> Draft:
    """A draft cut where it begins to loop."""
    loop = loop_start(tokens)
    kept = tokens if loop is None else tokens[:loop]
    return Draft(kept, average, no_speech, capped or loop is not None)


def recognition(
    samples: Samples,
    draft: Draft,
    times: TokenTimes | None,
    vocabulary: WhisperTokens,
    skip: int,
    language: str,
) -> Recognition:
    """The answer for one window; `times` covers `skip` forced tokens before the draft's.

    Raises
    ------
    InferenceError
        Its scores or times are no numbers: no gate would catch that, and no store keep it.
    """
    texts, groups = vocabulary.split(draft.tokens, language)
    if times is None:
        certainty = math.exp(draft.average_log_probability)
        words = untimed_words(texts, groups, samples.shape[0] / SAMPLE_RATE, certainty)
    else:
        words = timed_words(texts, groups, times, skip)
    scores = (draft.average_log_probability, draft.no_speech_probability)
    numbers = (number for word in words for number in (word.start, word.end, word.probability))
    if any(map(math.isnan, (*scores, *numbers))):
        raise InferenceError("The recognizer's scores are no numbers; this window is passed over.")
    return Recognition(
        words,
        draft.average_log_probability,
        draft.no_speech_probability,
        compression_ratio("".join(texts)),
        language,
        draft.truncated,
    )
