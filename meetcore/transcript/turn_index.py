"""An index of turns that finds the turn of a word, or all turns of a stretch, by time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate

from meetcore.records import Turn


class TurnIndex:
    """Finds turns by time in logarithmic time; they may overlap and come in any order."""

    def __init__(self, turns: Iterable[Turn]) -> None:
        self._turns = sorted(turns, key=lambda turn: (turn.start, turn.end, turn.speaker))
        self._starts = [turn.start for turn in self._turns]
        self._latest_ends = list(accumulate((turn.end for turn in self._turns), max))

    def turn_of(self, start: float, end: float, reach: float) -> Turn | None:
        """The turn that overlaps a word most, else the nearest within `reach` seconds.

        Parameters
        ----------
        start, end : float
            Times of the word in seconds.
        reach : float
            Largest distance in seconds to a turn that does not overlap the word.

        Returns
        -------
        Turn or None
            None without a turn within reach; the earlier turn wins a tie.
        """
        best, best_overlap = None, -reach - 1e-9
        position = bisect_right(self._starts, end + reach) - 1
        while position >= 0 and self._latest_ends[position] >= start - reach:
            turn = self._turns[position]
            # A negative overlap is a distance, so that one comparison covers both rules.
            overlap = min(end, turn.end) - max(start, turn.start)
            if overlap >= best_overlap:
                best, best_overlap = turn, overlap
            position -= 1
        return best

    def within(self, start: float, end: float) -> list[Turn]:
        """The turns that share time with a stretch, the latest first."""
        found: list[Turn] = []
        position = bisect_left(self._starts, end) - 1
        while position >= 0 and self._latest_ends[position] > start:
            if self._turns[position].end > start:
                found.append(self._turns[position])
            position -= 1
        return found
