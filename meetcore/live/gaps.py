"""`Gaps`: the stretches of a recording that have no live text."""

from __future__ import annotations

from meetcore.records import SAMPLE_RATE, Gap

SHORTEST_SAMPLES = SAMPLE_RATE // 2


class Gaps:
    """Collects stretches in order; those that follow on each other become one."""

    def __init__(self) -> None:
        self._stretches: list[tuple[int, int]] = []

    def add(self, begin: int, end: int) -> None:
        """Note a stretch, given in samples; half a second or less is none.

        >>> gaps = Gaps()
        >>> gaps.add(0, 16_000)
        >>> gaps.add(16_000, 32_000)
        >>> gaps.seconds()
        (Gap(start=0.0, end=2.0),)
        """
        if self._stretches and begin - self._stretches[-1][1] < SHORTEST_SAMPLES:
            begin = self._stretches.pop()[0]
        if end - begin > SHORTEST_SAMPLES:
            self._stretches.append((begin, end))

    def clear(self) -> None:
        """Forget all: another session begins anew."""
        self._stretches.clear()

    def fill(self, until: int) -> None:
        """Remove what is before a sample: it has text now.

        >>> gaps = Gaps()
        >>> gaps.add(0, 32_000)
        >>> gaps.fill(16_000)
        >>> gaps.seconds()
        (Gap(start=1.0, end=2.0),)
        """
        left = [(max(begin, until), end) for begin, end in self._stretches]
        self._stretches = [each for each in left if each[1] - each[0] > SHORTEST_SAMPLES]

    def seconds(self) -> tuple[Gap, ...]:
        """The stretches so far."""
        return tuple(Gap(begin / SAMPLE_RATE, end / SAMPLE_RATE) for begin, end in self._stretches)
