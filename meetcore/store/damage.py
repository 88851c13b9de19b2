"""Rows that cannot be read: each becomes an error that names its meeting and quotes nothing."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from meetcore.errors import StoreError
from meetcore.installation import command

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

CHECK = command("check --repair")
DAMAGED_MEETING = (
    "Part of this meeting's entry in the database is damaged; the recording is kept."
    f" Run `{CHECK}`."
)
"""Shown with a meeting in place of what its row said."""
DAMAGE = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError)
"""What reading a damaged value raises; their messages may quote it."""


class Damaged:
    """Type of DAMAGED, which stands for a column that holds no value of its type."""


DAMAGED = Damaged()


class DamagedRowError(StoreError):
    """A row of one meeting cannot be read; other meetings can."""


def whole(what: str, meeting_id: str, read: Callable[[], Result]) -> Result:
    """What `read` makes of a row.

    Raises
    ------
    DamagedRowError
        The row is damaged. It has no cause, as that would quote the row.
    """
    try:
        return read()
    except DAMAGE:
        pass  # raised below, where the error gets no context
    raise DamagedRowError(
        f"The {what} of the meeting {meeting_id} cannot be read: its entry in the database is"
        f" damaged. Run `{CHECK}`; the recording is kept."
    )


def readable(read: Callable[[], Result]) -> Result | None:
    """What `read` makes of a row, for lists: None, and a line in the log, where it is damaged."""
    try:
        return read()
    except DamagedRowError as error:
        logger.error("left out of a list: %s", error)
        return None


def text(value: object) -> str:
    """A text column; ValueError for any other value."""
    if isinstance(value, str):
        return value
    raise ValueError("no text")


def optional_text(value: object) -> str | None:
    """A text column that may be empty; ValueError for any other value."""
    return None if value is None else text(value)


def number(value: object) -> float:
    """A column of finite numbers; ValueError for any other value."""
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    raise ValueError("no number")


def whole_number(value: object) -> int:
    """A column of whole numbers; ValueError for any other value."""
    if isinstance(value, int):
        return value
    raise ValueError("no whole number")


def items(value: object, *lengths: int) -> list[list[object]]:
    """A JSON list of lists of these lengths; ValueError for any other value."""
    if isinstance(value, list) and all(
        isinstance(each, list | tuple) and len(each) in lengths for each in value
    ):
        return [list(each) for each in value]
    raise ValueError("no list")


def moment(value: object) -> datetime:
    """A column of dates; ValueError for any other value."""
    if isinstance(value, datetime):
        return value
    raise ValueError("no date")
