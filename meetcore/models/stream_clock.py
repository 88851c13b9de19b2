"""`StreamClock`: times of a stream that was given only part of a meeting's audio (pure)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TypeVar

from meetcore.records import SAMPLE_RATE, RejectedText, Turn, Word

Timed = TypeVar("Timed", Word, Turn, RejectedText)


@dataclass(frozen=True, slots=True)
class StreamClock:
    """Where a stream began in the meeting, and what was left out since; all in samples.

    >>> clock = StreamClock().without(2 * SAMPLE_RATE, 0, 10 * SAMPLE_RATE)
    >>> clock.seconds(1.0), clock.seconds(3.0)
    (1.0, 13.0)
    """

    begin: int = 0
    positions: tuple[int, ...] = ()
    """Positions in the stream at which audio was left out, in order."""
    offsets: tuple[int, ...] = ()
    """For each of them, how much was left out so far."""

    def without(self, processed: int, further: int, n_samples: int) -> StreamClock:
        """This clock where `n_samples` more are left out.

        Parameters
        ----------
        processed : how much of the meeting is processed so far
        further : how much more the stream is given before the place where they are left out
        """
        so_far = self.offsets[-1] if self.offsets else 0
        return replace(
            self,
            positions=(*self.positions, processed - self.begin - so_far + further),
            offsets=(*self.offsets, so_far + n_samples),
        )

    def seconds(self, at: float) -> float:
        """A time of the stream, on the meeting's clock."""
        if not self.begin and not self.positions:
            return at
        count = bisect_right(self.positions, at * SAMPLE_RATE)
        return at + (self.begin + (self.offsets[count - 1] if count else 0)) / SAMPLE_RATE

    def placed(self, items: tuple[Timed, ...]) -> tuple[Timed, ...]:
        """Words, turns or texts of the stream, on the meeting's clock."""
        if not self.begin and not self.positions:
            return items
        return tuple(
            replace(item, start=self.seconds(item.start), end=self.seconds(item.end))
            for item in items
        )
