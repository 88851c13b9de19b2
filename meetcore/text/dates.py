"""Dates as text."""

from __future__ import annotations

from datetime import datetime


def date_text(moment: datetime) -> str:
    """A date with its time, in the time zone of this machine.

    >>> date_text(datetime(2026, 11, 22, 14, 5))
    '22 November 2026, 14:05'
    """
    local = moment.astimezone() if moment.tzinfo else moment
    return f"{local.day} {local:%B %Y, %H:%M}"
