"""Names given during a meeting, carried over to the speakers of the second pass. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from scipy.optimize import linear_sum_assignment


class Spoken(Protocol):
    """A Turn, a Segment, or anything else with a time and a speaker."""

    @property
    def start(self) -> float:
        """Seconds on the meeting's clock."""
        ...

    @property
    def end(self) -> float:
        """Seconds on the meeting's clock."""
        ...

    @property
    def speaker(self) -> str | None:
        """Label, or None where nobody is known."""
        ...


def match_speakers(before: Sequence[Spoken], after: Sequence[Spoken]) -> dict[str, str]:
    """Which provisional speaker each final speaker was, by most time in common.

    Parameters
    ----------
    before, after : sequence of Turn or Segment
        The provisional and the final transcript, in any order.

    Returns
    -------
    dict
        Final label to provisional label, one to one; a final speaker who shares no time
        with a speaker still free is left out.

    Examples
    --------
    >>> from meetcore.records import Turn
    >>> live = [Turn(0, 4, "S1"), Turn(4, 9, "S2")]
    >>> match_speakers(live, [Turn(0, 5, "S2"), Turn(5, 9, "S1")])
    {'S2': 'S1', 'S1': 'S2'}
    """
    old = list(dict.fromkeys(item.speaker for item in before if item.speaker is not None))
    new = list(dict.fromkeys(item.speaker for item in after if item.speaker is not None))
    shared = np.zeros((len(new), len(old)))
    rows = {label: index for index, label in enumerate(new)}
    columns = {label: index for index, label in enumerate(old)}
    for row_label, column_label, seconds in _overlaps(before, after):
        shared[rows[row_label], columns[column_label]] += seconds
    chosen = linear_sum_assignment(shared, maximize=True)
    return {
        new[row]: old[column]
        for row, column in zip(*chosen, strict=True)
        if shared[row, column] > 0
    }


def _overlaps(before: Sequence[Spoken], after: Sequence[Spoken]) -> list[tuple[str, str, float]]:
    """Each pair of stretches that share time: final label, provisional label, seconds."""
    earlier = sorted(before, key=lambda item: item.start)
    found: list[tuple[str, str, float]] = []
    first = 0
    reach = max((item.end - item.start for item in earlier), default=0.0)
    for item in sorted(after, key=lambda item: item.start):
        while first < len(earlier) and earlier[first].start + reach <= item.start:
            first += 1
        for other in earlier[first:]:
            if other.start >= item.end:
                break
            seconds = min(item.end, other.end) - max(item.start, other.start)
            if seconds > 0 and item.speaker is not None and other.speaker is not None:
                found.append((item.speaker, other.speaker, seconds))
    return found
