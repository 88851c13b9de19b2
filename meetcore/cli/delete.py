"""`meetings delete`: delete meetings after asking for confirmation."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from meetcore.cli.meeting_ids import find_meeting
from meetcore.errors import MeetcoreError, MeetingNotFoundError, MeetingStateError
from meetcore.private_files import FILE_MODE
from meetcore.records import Meeting, MeetingState
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore
from meetcore.text.lines import one_line

if TYPE_CHECKING:
    from meetcore.service.meeting_service import MeetingService

DELETE_TIMEOUT_S = 20.0
POLL_S = 0.02
YES = frozenset({"y", "yes"})


def delete_meetings(settings: Settings, store: MeetingStore, arguments: argparse.Namespace) -> int:
    """Delete text and audio of meetings; 1 if one could not be deleted, or the answer was no."""
    # Half a second of imports, which listing and searching do without.
    from meetcore.service.meeting_service import MeetingService

    if not arguments.yes and not sys.stdin.isatty():
        arguments.refuse("there is no terminal to ask at; add --yes to delete without a question")
    found, failed = _find_all(store, arguments.ids)
    if found and not arguments.yes and not _is_confirmed(found):
        print("Nothing was deleted.", file=sys.stderr)
        return 1
    service = MeetingService(settings, store)
    try:
        for meeting in found:
            try:
                _refuse_running(settings, meeting)
                purge(service, meeting.id)
                print(meeting.id)
            except MeetcoreError as error:
                print(error, file=sys.stderr)
                failed = True
    finally:
        service.shutdown()
    return 1 if failed else 0


def purge(service: MeetingService, meeting_id: str) -> None:
    """Delete a meeting without time to undo, and wait until it is gone.

    Raises
    ------
    MeetingStateError
        Another thread or process still uses its files; it is hidden, and the app deletes it at
        its next start.
    """
    service.delete(meeting_id, restore_window_s=0.0)
    deadline = time.monotonic() + DELETE_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            service.store.get(meeting_id)
        except MeetingNotFoundError:
            return
        time.sleep(POLL_S)
    raise MeetingStateError(
        f"The meeting {meeting_id} is still in use; it is gone after the app's next start."
    )


def _refuse_running(settings: Settings, meeting: Meeting) -> None:
    """Raise MeetingStateError if the app is recording this meeting.

    After a crash a meeting stays LIVE, but no process holds the lock.
    """
    if meeting.state is not MeetingState.LIVE:
        return
    try:
        with FileLock(settings.data_dir / "owner.lock", timeout=0, mode=FILE_MODE):
            pass
    except Timeout as error:
        raise MeetingStateError(
            f"The meeting {meeting.id} is being recorded; stop it in the app first."
        ) from error


def _find_all(store: MeetingStore, ids: list[str]) -> tuple[list[Meeting], bool]:
    """The meetings named, each once, and whether one was not found."""
    found: dict[str, Meeting] = {}
    failed = False
    for asked in ids:
        try:
            meeting = find_meeting(store, asked)
        except MeetcoreError as error:
            print(error, file=sys.stderr)
            failed = True
        else:
            found[meeting.id] = meeting
    return list(found.values()), failed


def _is_confirmed(meetings: list[Meeting]) -> bool:
    """Ask on standard error, read the answer from standard input."""
    for meeting in meetings:
        print(f"{meeting.id}  {one_line(meeting.title)}", file=sys.stderr)
    what = "this meeting" if len(meetings) == 1 else f"these {len(meetings)} meetings"
    print(f"Delete {what}, text and audio, for good? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in YES
