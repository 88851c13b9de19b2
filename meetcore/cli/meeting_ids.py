"""Find a meeting by the beginning of its id."""

from __future__ import annotations

from collections.abc import Iterator

from meetcore.errors import MeetingNotFoundError
from meetcore.installation import command
from meetcore.records import Meeting
from meetcore.store.meetings import MeetingStore

LATEST = "latest"
PAGE_SIZE = 1000
MAX_NAMED = 5


def find_meeting(store: MeetingStore, asked: str) -> Meeting:
    """The one meeting whose id begins with the text; `latest` is the newest.

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
            f"No meeting's id begins with {asked!r}; `{command('meetings list')}` shows them."
        )
    names = ", ".join(meeting.id for meeting in found[:MAX_NAMED])
    more = f" and {len(found) - MAX_NAMED} more" if len(found) > MAX_NAMED else ""
    raise MeetingNotFoundError(f"{asked!r} may be {names}{more}; write more of the id.")


def _all(store: MeetingStore) -> Iterator[Meeting]:
    offset = 0
    while page := store.list_meetings(limit=PAGE_SIZE, offset=offset):
        yield from page
        offset += PAGE_SIZE
