"""Decoding and word alignment with a CTranslate2 Whisper model, for windows already encoded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from meetcore.asr.recognizer import RecognizeOptions
from meetcore.asr.whisper.decoded import DecodedTokens, cut_at_loop, token_cap
from meetcore.asr.whisper.mel import FRAMES_PER_SECOND
from meetcore.asr.whisper.tokenizer import WhisperTokens
from meetcore.asr.whisper.word_times import TokenTimes, token_times
from meetcore.records import SAMPLE_RATE, Samples

TEXT_POSITIONS = 448
"""Positions of Whisper's decoder: history, prompt and text together."""


def decode(
    model: Any,
    vocabulary: WhisperTokens,
    encoded: Any,
    windows: Sequence[Samples],
    options: RecognizeOptions,
    language: str,
) -> list[DecodedTokens]:
    """The new tokens of each window, after the prefix of the options.

    Parameters
    ----------
    model : ctranslate2.models.Whisper
    encoded : its encoder output for `windows`
    windows : each shape (n_samples,), float32, 16 kHz; their lengths set the token cap
    language : ISO code
    """
    prompt = vocabulary.prompt(language, options)
    longest = max(window.shape[0] for window in windows) / SAMPLE_RATE
    cap = options.max_new_tokens or token_cap(longest, language)
    if len(prompt) >= TEXT_POSITIONS:
        return [DecodedTokens((), 0.0, 0.0, True)] * len(windows)
    skip = len(options.prefix_tokens)
    written = cap + skip + 1
    results = model.generate(
        encoded,
        [prompt] * len(windows),
        beam_size=options.beam_size,
        # CTranslate2 writes at most half of max_length; it counts the history, not the prefix.
        max_length=min(TEXT_POSITIONS, max(2 * written, cap + len(prompt) + 1)),
        return_scores=True,
        return_no_speech_prob=True,
        # After a prefix there may be no further speech: no new words is a valid result.
        suppress_blank=not options.prefix_tokens,
    )
    return [_decoded_tokens(result, skip, vocabulary.end_of_text, cap) for result in results]


def _decoded_tokens(result: Any, skip: int, end_of_text: int, cap: int) -> DecodedTokens:
    """The best hypothesis without its first `skip` (forced) tokens, cut where it starts to loop."""
    written = result.sequences_ids[0]
    new = written[skip : skip + cap]
    tokens = tuple(int(token) for token in new if token < end_of_text)
    # The score is the mean over all of `written`, with log-probability 0 for forced tokens; the
    # end of text counts as one more token.
    average = float(result.scores[0]) * len(written) / (len(written) - skip + 1)
    capped = len(written) > skip + cap or len(written) >= TEXT_POSITIONS // 2
    return cut_at_loop(tokens, average, float(result.no_speech_prob), capped)


def align(
    model: Any,
    vocabulary: WhisperTokens,
    encoded: Any,
    windows: Sequence[Samples],
    decoded: Sequence[DecodedTokens],
    options: RecognizeOptions,
    language: str,
) -> list[TokenTimes | None]:
    """Times of the prefix's and each window's new tokens; None without tokens or for no word times.

    Parameters
    ----------
    model, vocabulary, encoded, options, language : as for `decode`
    windows : each shape (n_samples,), float32, 16 kHz
    decoded : the result of `decode`
    """
    if not options.word_times or not any(new.tokens for new in decoded):
        return [None] * len(decoded)
    durations = [window.shape[0] / SAMPLE_RATE for window in windows]
    results = model.align(
        encoded,
        vocabulary.start_sequence(language),
        [[*options.prefix_tokens, *new.tokens] for new in decoded],
        [max(2, math.ceil(duration * FRAMES_PER_SECOND)) for duration in durations],
    )
    return [
        token_times(result.alignments, result.text_token_probs, duration) if new.tokens else None
        for result, new, duration in zip(results, decoded, durations, strict=True)
    ]
