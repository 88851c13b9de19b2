"""The meeting a person means by the beginning of its id."""

from __future__ import annotations

from collections.abc import Iterator

from meetcore.errors import MeetingNotFoundError
from meetcore.records import Meeting
from meetcore.store.meetings import MeetingStore

LATEST = "latest"
PAGE = 1000
MOST_NAMED = 5


def pick(store: MeetingStore, asked: str) -> Meeting:
    """The one meeting whose id begins so; `latest` is the newest.

    Raises
    ------
    MeetingNotFoundError
        There is none, or more than one; the message says which.
    """
    if asked == LATEST:
        for meeting in store.list_meetings(limit=1):
            return meeting
    try:
        return store.get(asked)
    except MeetingNotFoundError:
        found = [meeting for meeting in _all(store) if asked and meeting.id.startswith(asked)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise MeetingNotFoundError(
            f"No meeting's id begins with {asked!r}; `python -m meetcore meetings list` shows them."
        )
    names = ", ".join(meeting.id for meeting in found[:MOST_NAMED])
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    raise MeetingNotFoundError(f"{asked!r} may be {names}{more}; write more of the id.")


def _all(store: MeetingStore) -> Iterator[Meeting]:
    offset = 0
    while page := store.list_meetings(limit=PAGE, offset=offset):
        yield from page
        offset += PAGE
