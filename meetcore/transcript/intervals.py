"""Sets of times as sorted intervals: union, difference, length. Times are seconds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

SHORTEST = 0.001
"""Seconds; shorter intervals are rounding errors and are left out. RTTM has this precision too."""


class Interval(NamedTuple):
    """A stretch of time."""

    start: float
    end: float


def clipped(intervals: Iterable[Interval], start: float, end: float) -> list[Interval]:
    """The parts of the intervals between two times."""
    parts = (Interval(max(each.start, start), min(each.end, end)) for each in intervals)
    return [part for part in parts if part.end - part.start >= SHORTEST]


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The intervals in order, with those that touch or overlap made one.

    >>> union([Interval(4, 6), Interval(0, 2), Interval(2, 3), Interval(5, 7)])
    [Interval(start=0, end=3), Interval(start=4, end=7)]
    """
    joined: list[Interval] = []
    for each in sorted(intervals):
        if joined and each.start - joined[-1].end < SHORTEST:
            joined[-1] = Interval(joined[-1].start, max(joined[-1].end, each.end))
        else:
            joined.append(each)
    return joined


def without(intervals: Iterable[Interval], removed: Iterable[Interval]) -> list[Interval]:
    """The parts of the intervals that no removed one covers.

    >>> without([Interval(0, 10)], [Interval(2, 3), Interval(9, 12)])
    [Interval(start=0, end=2), Interval(start=3, end=9)]
    """
    holes = union(removed)
    parts: list[Interval] = []
    for start, end in intervals:
        for hole in holes:
            if hole.end <= start or hole.start >= end:
                continue
            parts.append(Interval(start, hole.start))
            start = hole.end
        parts.append(Interval(start, end))
    return [part for part in parts if part.end - part.start >= SHORTEST]


def length(intervals: Iterable[Interval]) -> float:
    """Seconds that at least one interval covers."""
    return sum(end - start for start, end in union(intervals))
