"""Detects a decoder in a loop: repeated n-grams, and text that compresses too well."""

from __future__ import annotations

import zlib
from collections.abc import Hashable, Iterator, Sequence

MAX_UNIT = 40
"""Longest repeated n-gram looked for, in tokens or words."""


def loop_start(items: Sequence[Hashable]) -> int | None:
    """Number of items up to the end of the loop's first round; None where nothing loops.

    A loop is the same 1 or 2 items five times in a row, 3 or 4 items four times, 5 to 11 items
    three times, 12 and more twice. People do say "no, no, no" and "very, very, very"; a decoder
    whose window has no silence at its end starts the whole window again.

    >>> loop_start("the end of the end of the end of the end of".split())
    3
    >>> loop_start("no no no she said".split()) is None
    True
    """
    count = len(items)
    for start in range(count):
        for unit in range(1, min(MAX_UNIT, (count - start) // 2) + 1):
            rounds = _rounds_needed(unit)
            if start + unit * rounds > count:
                continue
            first = items[start : start + unit]
            if all(
                items[start + unit * index : start + unit * (index + 1)] == first
                for index in range(1, rounds)
            ):
                return start + unit
    return None


def _rounds_needed(unit: int) -> int:
    if unit <= 2:
        return 5
    if unit <= 4:
        return 4
    return 3 if unit < 12 else 2


def compression_ratio(text: str) -> float:
    """Size of the text over its size compressed by zlib; above 2.4 the text repeats itself.

    Letters of all alphabets count as one byte: in UTF-8 plain Russian, two bytes a letter, reaches
    2.4 too.

    Source: Radford et al. 2022, section 4.5 (the threshold of their fallback).
    """
    raw = bytes(_as_letters(text))
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def _as_letters(text: str) -> Iterator[int]:
    """One byte a letter, and one more where the next letter is of another alphabet.

    The idea of https://www.unicode.org/reports/tr6/ (a compression scheme for Unicode): windows of
    128 letters, beside which ASCII needs no change of window.
    """
    window = 0
    for char in text:
        code = ord(char)
        if code < 0x80:
            yield code
            continue
        if code >> 7 != window:
            window = code >> 7
            yield from window.to_bytes(2, "big") if window > 0xFF else (window,)
        yield 0x80 | (code & 0x7F)
