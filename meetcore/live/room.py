"""Whether running meetings leave the machine time for the second pass."""

from __future__ import annotations

from meetcore.records import LiveHealth

MOST_BACKLOG_S = 2.0
"""With more audio waiting for its live words, the second pass waits."""


def has_time_left(health: LiveHealth) -> bool:
    """Whether a meeting's live words are in time, with the usual weight.

    >>> has_time_left(LiveHealth(backlog=0.4)), has_time_left(LiveHealth(backlog=5.0))
    (True, False)
    """
    return health.keeping_up and not health.is_lighter and health.backlog <= MOST_BACKLOG_S
