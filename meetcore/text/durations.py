"""Estimated times as text."""

from __future__ import annotations


def remaining_text(seconds: float) -> str:
    """A remaining time, rounded as an estimate deserves.

    >>> remaining_text(4.2), remaining_text(42), remaining_text(170.0)
    ('a few seconds', 'about 40 s', 'about 3 min')
    >>> remaining_text(4200), remaining_text(7200)
    ('about 1 h 10 min', 'about 2 h')
    """
    if seconds < 10:
        return "a few seconds"
    if seconds < 50:
        return f"about {round(seconds / 10) * 10} s"
    minutes = max(1, round(seconds / 60))
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"about {minutes} min"
    return f"about {hours} h {rest} min" if rest else f"about {hours} h"
