"""Time from microphone to page of a running meeting's words; see metrics/latency.py.

Pure: callers pass the time, and take all times from one monotonic clock.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterable

WINDOW_S = 180.0
"""How long a word counts: long enough for a hundred words, short enough to show the present."""
MOST_WORDS = 2000
MOST_ARRIVALS = 36_000
"""One for each tenth of a second of an hour's backlog; words older than that are not measured."""
APART_SAMPLES = 1600

Percentiles = tuple[float, float] | None
"""Seconds, the 50th and the 95th; None without any words."""


class ArrivalTimes:
    """When each sample arrived. The intake's thread adds, the meeting's thread takes."""

    def __init__(self) -> None:
        self._kept: deque[tuple[int, float]] = deque(maxlen=MOST_ARRIVALS)
        self._newest = (0, -math.inf)
        self._before: tuple[int, float] | None = None

    def add(self, n_samples: int, at: float) -> None:
        """The recording has `n_samples` samples now; the last of them arrived at `at`."""
        self._newest = (n_samples, at)
        if not self._kept or n_samples - self._kept[-1][0] >= APART_SAMPLES:
            self._kept.append(self._newest)

    def take(self, n_samples: int) -> float | None:
        """When the last of the first `n_samples` arrived; None if that is not known any more.

        Must be called with growing `n_samples`: earlier times are dropped.

        >>> arrivals = ArrivalTimes()
        >>> arrivals.add(1600, 0.1)
        >>> arrivals.add(4800, 0.3)
        >>> arrivals.take(3200)
        0.2
        """
        while self._kept and self._kept[0][0] < n_samples:
            self._before = self._kept.popleft()
        after = self._kept[0] if self._kept else self._newest
        if self._before is None:
            return after[1] if after[0] >= n_samples and math.isfinite(after[1]) else None
        (first, began), (last, ended) = self._before, after
        if last <= first:
            return began
        # Samples come in frames, and times are kept a tenth of a second apart: interpolate.
        part = min(1.0, (n_samples - first) / (last - first))
        return began + part * (ended - began)


class WordLatencies:
    """The latencies of the newest words. Safe from several threads."""

    def __init__(self) -> None:
        self._latencies: deque[tuple[float, float]] = deque(maxlen=MOST_WORDS)
        self._lock = threading.Lock()

    def add(self, arrived: Iterable[float], now: float) -> None:
        """Count words committed now, one for each time at which a word's last sample arrived."""
        with self._lock:
            self._latencies.extend((now, max(0.0, now - at)) for at in arrived)

    def percentiles(self, now: float) -> Percentiles:
        """The latency, in seconds, that half of the words, and 95 of 100, did not exceed.

        >>> latencies = WordLatencies()
        >>> latencies.add([9.0, 8.0, 7.0], now=10.0)
        >>> latencies.percentiles(10.0)
        (2.0, 3.0)
        """
        with self._lock:
            while self._latencies and self._latencies[0][0] < now - WINDOW_S:
                self._latencies.popleft()
            ordered = sorted(latency for _, latency in self._latencies)
        if not ordered:
            return None
        return _nearest_rank(ordered, 0.5), _nearest_rank(ordered, 0.95)


def _nearest_rank(ordered: list[float], part: float) -> float:
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]
