"""The log of shown text that live benches score, and summaries of lists of latencies.

Wall times are seconds since the first sample was sent; audio is streamed at real time, so they
equal the times in the recording.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from meetcore.records import Segment, Word


@dataclass(frozen=True, slots=True)
class Update:
    """The text shown from `wall_time` on."""

    wall_time: float
    segments: tuple[Segment, ...]
    """Committed words with their speakers."""
    tentative: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class ReferenceWord:
    """A spoken word, and when its first and last samples were sent."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """Median, 90th percentile and maximum in seconds; NaN for an empty list."""

    median: float
    p90: float
    maximum: float
    count: int


def percentiles(values: Iterable[float]) -> LatencySummary:
    """Median, 90th percentile and maximum of a list; percentiles are nearest-rank.

    >>> percentiles([1.0, 2.0, 3.0])
    LatencySummary(median=2.0, p90=3.0, maximum=3.0, count=3)
    """
    ordered = sorted(values)
    if not ordered:
        return LatencySummary(math.nan, math.nan, math.nan, 0)
    ranks = [max(math.ceil(share * len(ordered)), 1) - 1 for share in (0.5, 0.9)]
    return LatencySummary(ordered[ranks[0]], ordered[ranks[1]], ordered[-1], len(ordered))


@dataclass(frozen=True, slots=True)
class ShownText:
    """One update as lists of normalised tokens."""

    wall_time: float
    committed: list[str]
    shown: list[str]


class Tokens:
    """Normalises words to tokens; each different word is normalised once."""

    def __init__(self, normalise: Callable[[str], list[str]]) -> None:
        self._normalise = normalise
        self._known: dict[str, list[str]] = {}

    def of(self, text: str) -> list[str]:
        """The tokens of a text."""
        if text not in self._known:
            self._known[text] = self._normalise(text)
        return self._known[text]

    def of_words(self, words: Iterable[Word]) -> list[str]:
        """The tokens of all words, in order."""
        return [token for word in words for token in self.of(word.text)]


def shared(one: Sequence[str], other: Sequence[str], known: int = 0) -> int:
    """How many leading tokens are equal; the first `known` are assumed to be."""
    limit = min(len(one), len(other))
    while known < limit and one[known] == other[known]:
        known += 1
    return known


def shown_texts(updates: Iterable[Update], tokens: Tokens) -> list[ShownText]:
    """The updates as normalised tokens."""
    texts = []
    for update in updates:
        committed = tokens.of_words(word for segment in update.segments for word in segment.words)
        shown = committed + tokens.of_words(update.tentative)
        texts.append(ShownText(update.wall_time, committed, shown))
    return texts
