"""Lengths, positions and remaining times as text; all numbers are seconds."""

from __future__ import annotations


def whole_seconds(length: float) -> int:
    """A length to the nearest second; a position is cut off instead, as a clock shows it.

    >>> whole_seconds(29.95), whole_seconds(30.5), whole_seconds(-1.0)
    (30, 31, 0)
    """
    return max(0, int(length + 0.5))


def position_text(seconds: float) -> str:
    """A moment on the meeting's clock: minutes and seconds, with hours where there are any.

    >>> position_text(3.9), position_text(75), position_text(3675)
    ('0:03', '1:15', '1:01:15')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def length_text(seconds: float) -> str:
    """How long something takes, in the form of `position_text`, to the nearest second.

    >>> length_text(29.95), length_text(3599.6)
    ('0:30', '1:00:00')
    """
    return position_text(whole_seconds(seconds))


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
