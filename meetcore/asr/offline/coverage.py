"""Compares word times with voice activity: trims words to speech, finds speech without words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from meetcore.asr.recognizer import RecognizedWord
from meetcore.asr.vad.activity import Region
from meetcore.records import SAMPLE_RATE

LONGEST_WORD_SAMPLES = SAMPLE_RATE
"""Speech that one word can account for; a longer alignment covers speech without words."""
_EDGE_SAMPLES = SAMPLE_RATE // 5


def snapped(
    words: Sequence[RecognizedWord], regions: Sequence[Region]
) -> tuple[RecognizedWord, ...]:
    """Words trimmed to the region of speech that they overlap most.

    Cross-attention assigns the pause before a word to the word. A word outside all regions keeps
    its times. Words in seconds and regions in samples count from the same first sample.
    """
    return tuple(_snap(word, regions) for word in words)


def _snap(word: RecognizedWord, regions: Sequence[Region]) -> RecognizedWord:
    start, end = round(word.start * SAMPLE_RATE), round(word.end * SAMPLE_RATE)
    shared = [
        (max(start, region.start_sample), min(end, region.end_sample))
        for region in regions
        if region.start_sample < end and region.end_sample > start
    ]
    if not shared:
        return word
    first, last = max(shared, key=lambda part: part[1] - part[0])
    return replace(word, start=first / SAMPLE_RATE, end=last / SAMPLE_RATE)


def uncovered(words: Sequence[RecognizedWord], regions: Sequence[Region]) -> list[Region]:
    """Regions of speech that no word accounts for, in order.

    A word accounts for at most one second from its start, and for 0.2 s on both sides. Words in
    seconds and regions in samples count from the same first sample.
    """
    spans = [_span(word) for word in words]
    holes: list[Region] = []
    for region in regions:
        position = region.start_sample
        for start, end in spans:
            if end <= position or start >= region.end_sample:
                continue
            if start > position:
                holes.append(Region(position, start))
            position = max(position, end)
        if position < region.end_sample:
            holes.append(Region(position, region.end_sample))
    return holes


def _span(word: RecognizedWord) -> tuple[int, int]:
    start = round(word.start * SAMPLE_RATE)
    end = min(round(word.end * SAMPLE_RATE), start + LONGEST_WORD_SAMPLES)
    return start - _EDGE_SAMPLES, end + _EDGE_SAMPLES
