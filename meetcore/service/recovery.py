"""What the last process left: crashed meetings wait for a person, waiting ones go on."""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path

from meetcore.audio.recording import RecordingReader
from meetcore.errors import RecordingError, StoreError
from meetcore.records import SAMPLE_RATE, Meeting, MeetingState
from meetcore.store.meetings import MeetingStore

logger = logging.getLogger(__name__)

PAGE = 1000


def waiting_meetings(store: MeetingStore) -> list[str]:
    """Meetings that ended well and whose second pass never ran, oldest first.

    One whose pass had begun may have brought the process down: a person decides about that.
    """
    found: list[str] = []
    for offset in range(0, 1_000_000, PAGE):
        page = store.list_meetings(limit=PAGE, offset=offset)
        found += [
            meeting.id
            for meeting in page
            if meeting.state is MeetingState.FINALIZING and meeting.progress == 0.0
        ]
        if len(page) < PAGE:
            break
    return found[::-1]


def interrupt(store: MeetingStore, recordings_dir: Path, owned: Collection[str]) -> list[Meeting]:
    """Mark unfinished meetings that nobody owns; gives them, as long as their recordings.

    Their length in the store is that of the last save, some seconds before the crash.
    """
    return [
        _measured(store, recordings_dir, meeting)
        for meeting in store.mark_interrupted(except_ids=owned)
    ]


def _measured(store: MeetingStore, recordings_dir: Path, meeting: Meeting) -> Meeting:
    try:
        samples = RecordingReader(recordings_dir / meeting.id).n_samples
        return store.update(meeting.id, duration=samples / SAMPLE_RATE)
    except (RecordingError, StoreError):
        logger.exception("meeting %s: its length could not be found", meeting.id)
        return meeting
