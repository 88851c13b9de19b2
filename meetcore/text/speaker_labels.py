"""Labels of speakers within one meeting: S1, S2, …"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import count


def free_labels(taken: Collection[str]) -> Iterator[str]:
    """The labels that are not taken, lowest first, without end.

    >>> labels = free_labels({"S1", "S3"})
    >>> next(labels), next(labels)
    ('S2', 'S4')
    """
    return (label for number in count(1) if (label := f"S{number}") not in taken)
