"""Speech that a live hypothesis steps over (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from meetcore.asr.recognizer import RecognizedWord
from meetcore.asr.streaming.local_agreement import is_mark
from meetcore.asr.vad.speech_log import SpeechLog
from meetcore.records import SAMPLE_RATE

LONGEST_WORD_S = 1.0
"""Speech that one word can account for."""
LONGEST_GAP_S = 0.5
"""Speech between two words that may have none: breath, laughter, a wrong time."""
NO_PROBABILITY = 0.03
"""A word below this was written because of the text before it, not because of the audio."""


def first_hole(words: Sequence[RecognizedWord], speech: SpeechLog, start: int) -> int | None:
    """Number of the first word that has speech without words before it or within it.

    Parameters
    ----------
    words : a hypothesis; times in seconds since the recording began
    speech : voice activity of the recording
    start : sample from which on the words are to account for all speech
    """
    for number, word in enumerate(words):
        first, stop = round(word.start * SAMPLE_RATE), round(word.end * SAMPLE_RATE)
        if is_mark(word.text):
            # Marks are given the pause after a word; what is voiced in it counts for the next.
            continue
        if speech.count_samples(start, first) > LONGEST_GAP_S * SAMPLE_RATE:
            return number
        if speech.count_samples(first, stop) > LONGEST_WORD_S * SAMPLE_RATE:
            return number
        if word.probability < NO_PROBABILITY:
            return number
        start = max(start, stop)
    return None


def begins_with_hole(
    words: Sequence[RecognizedWord], speech: SpeechLog, start: int, position: int, stall: int | None
) -> bool:
    """Whether the speech from a sample on has no words at first, or none at all.

    Parameters
    ----------
    words, speech, start : as for `first_hole`
    position : end of the audio, in samples
    stall : samples of speech that cannot be without any word; None for no limit
    """
    if all(is_mark(word.text) for word in words):
        return stall is not None and speech.count_samples(start, position) >= stall
    hole = first_hole(words, speech, start)
    return hole is not None and all(is_mark(word.text) for word in words[:hole])
