"""Changes when a meeting took place, for pages and routes."""

from __future__ import annotations

from datetime import UTC, datetime

from meetcore.errors import MeetingStateError
from meetcore.records import Meeting
from meetcore.service.protocol import StoreProtocol
from meetcore.service.uploads import EARLIEST


def set_date(store: StoreProtocol, meeting_id: str, moment: datetime) -> Meeting:
    """Change a meeting's date, by which lists are sorted.

    Parameters
    ----------
    moment : aware

    Raises
    ------
    MeetingStateError
        It is in the future, or before 1980.
    MeetingNotFoundError, StoreError
        There is no such meeting, or the database refuses.
    """
    if not EARLIEST <= moment <= datetime.now(UTC):
        raise MeetingStateError(
            "A meeting's date cannot be in the future or before 1980. Choose another."
        )
    return store.update(meeting_id, created_at=moment)
