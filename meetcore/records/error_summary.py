"""How many errors a running component has met, and the newest of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorSummary:
    """The errors that a component met and survived."""

    chunk_errors: int = 0
    recent_errors: int = 0
    """Of those, how many in the last minute."""
    last_error: str = ""
    """The newest error, by its class or a sentence; empty after a minute without one."""
    last_traceback: str = ""
    """Of the newest error, however old; see `safe_traceback`."""
    at: float = float("-inf")
    """When the newest error was counted, on the counter's clock."""


def combined(*summaries: ErrorSummary) -> ErrorSummary:
    """The summaries of several components on one clock, added up.

    The error named is the newest one of the last minute; an older one only where none is recent.
    """
    named = max(summaries, key=lambda each: (bool(each.last_error), each.at))
    return ErrorSummary(
        sum(each.chunk_errors for each in summaries),
        sum(each.recent_errors for each in summaries),
        named.last_error,
        named.last_traceback,
        named.at,
    )
