"""Matches the speaker labels of two passes over one recording by the time they share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class HasSpeaker(Protocol):
    """Anything with a time and a speaker, such as a Turn or a Segment."""

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
        """Label, or None for an unknown speaker."""
        ...


def match_speakers(before: Sequence[HasSpeaker], after: Sequence[HasSpeaker]) -> dict[str, str]:
    """The label of the earlier pass for each label of the later one, by most time in common.

    Parameters
    ----------
    before, after : sequence of Turn or Segment
        The earlier and the later pass, in any order.

    Returns
    -------
    dict
        Later label to earlier label, one to one, so that the shared time is largest (Hungarian
        algorithm); a label that shares no time with its counterpart is left out.

    Examples
    --------
    >>> from meetcore.records import Turn
    >>> live = [Turn(0, 4, "S1"), Turn(4, 9, "S2")]
    >>> match_speakers(live, [Turn(0, 5, "S2"), Turn(5, 9, "S1")])
    {'S2': 'S1', 'S1': 'S2'}
    """
    import numpy as np
    from scipy.optimize import linear_sum_assignment

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


def _overlaps(
    before: Sequence[HasSpeaker], after: Sequence[HasSpeaker]
) -> list[tuple[str, str, float]]:
    """Each pair of stretches that overlap: later label, earlier label, seconds."""
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
