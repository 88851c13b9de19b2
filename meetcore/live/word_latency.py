"""How long a running meeting's words take from the microphone to the page; see metrics/latency.py.

The clocks are whoever's call it is: both ends of a wait are read from the same one.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterable

WINDOW_S = 180.0
"""How long a word counts: long enough for a hundred of them, short enough to show what is now."""
MOST_WORDS = 2000
MOST_ARRIVALS = 36_000
"""One for each tenth of a second of an hour's backlog; what arrived before is not measured."""
APART_SAMPLES = 1600

Percentiles = tuple[float, float] | None


class Arrivals:
    """When each sample arrived. The intake's thread notes, the meeting's thread asks."""

    def __init__(self) -> None:
        self._noted: deque[tuple[int, float]] = deque(maxlen=MOST_ARRIVALS)
        self._newest = (0, -math.inf)
        self._before: tuple[int, float] | None = None

    def note(self, n_samples: int, at: float) -> None:
        """So many samples are there now, the last of which arrived at `at`."""
        self._newest = (n_samples, at)
        if not self._noted or n_samples - self._noted[-1][0] >= APART_SAMPLES:
            self._noted.append(self._newest)

    def take(self, n_samples: int) -> float | None:
        """When the last of the first `n_samples` arrived; asked for in order, as it forgets.

        >>> arrivals = Arrivals()
        >>> arrivals.note(1600, 0.1)
        >>> arrivals.note(4800, 0.3)
        >>> arrivals.take(3200)
        0.2
        """
        while self._noted and self._noted[0][0] < n_samples:
            self._before = self._noted.popleft()
        after = self._noted[0] if self._noted else self._newest
        if self._before is None:
            return after[1] if after[0] >= n_samples and math.isfinite(after[1]) else None
        (first, began), (last, ended) = self._before, after
        if last <= first:
            return began
        # Samples come in frames, and notes are a tenth of a second apart: in between, evenly.
        part = min(1.0, (n_samples - first) / (last - first))
        return began + part * (ended - began)


class Latencies:
    """The waits of the newest words. Safe from several threads."""

    def __init__(self) -> None:
        self._waits: deque[tuple[float, float]] = deque(maxlen=MOST_WORDS)
        self._lock = threading.Lock()

    def add(self, arrived: Iterable[float], now: float) -> None:
        """Words were committed whose last samples arrived then."""
        with self._lock:
            self._waits.extend((now, max(0.0, now - at)) for at in arrived)

    def percentiles(self, now: float) -> Percentiles:
        """The wait that half of the words, and 95 of 100, did not exceed.

        >>> latencies = Latencies()
        >>> latencies.add([9.0, 8.0, 7.0], now=10.0)
        >>> latencies.percentiles(10.0)
        (2.0, 3.0)
        """
        with self._lock:
            while self._waits and self._waits[0][0] < now - WINDOW_S:
                self._waits.popleft()
            waits = sorted(wait for _, wait in self._waits)
        if not waits:
            return None
        return _nearest(waits, 0.5), _nearest(waits, 0.95)


def _nearest(ordered: list[float], part: float) -> float:
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]
