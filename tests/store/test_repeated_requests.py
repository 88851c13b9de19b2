"""A request that is sent again, to another process too, makes one edit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from meetcore.errors import MeetingStateError
from meetcore.records import Stage, Transcript
from meetcore.store.database import open_database
from meetcore.store.edits.editor import Editor
from meetcore.store.edits.requests import KEPT_FOR
from meetcore.store.meetings import MeetingStore, open_store
from tests.store.test_library import said

LINES = Transcript(
    (said(0, "one two three"), said(5, "four five"), said(9, "six")), (), Stage.FINAL
)
KEY, OTHER = "0123456789abcdef", "fedcba9876543210"


@pytest.fixture
def meeting_id(store: MeetingStore) -> str:
    made = store.create_meeting("Any").id
    store.replace_transcript(made, LINES)
    return made


def count_edits(store: MeetingStore, meeting_id: str) -> int:
    return store.edits.state(meeting_id).edits


@pytest.mark.parametrize(
    "edit",
    [
        lambda edits, meeting: edits.assign(meeting, [1]),
        lambda edits, meeting: edits.split(meeting, 0, 1),
        lambda edits, meeting: edits.correct(meeting, 1, "", "four five"),
        lambda edits, meeting: edits.correct_word(meeting, 0, 1, "too", "two"),
        lambda edits, meeting: edits.merge_speakers(meeting, "S1", "S2"),
        lambda edits, meeting: edits.rename(meeting, "S1", "Ada"),
    ],
)
def test_an_edit_repeated_after_a_restart_is_made_once(
    store: MeetingStore, url: str, meeting_id: str, edit: Callable[[Editor, str], str | None]
) -> None:
    """The first process ends after the commit and before its answer."""
    first = edit(store.edits.for_request(KEY), meeting_id)
    after = store.transcript(meeting_id)
    restarted = open_store(url)
    assert edit(restarted.edits.for_request(KEY), meeting_id) == first
    assert restarted.transcript(meeting_id) == after and count_edits(restarted, meeting_id) == 1
    restarted.close()


def test_undo_and_redo_repeated_after_a_restart_move_one_step(
    store: MeetingStore, url: str, meeting_id: str
) -> None:
    store.edits.correct(meeting_id, 0, "first")
    store.edits.correct(meeting_id, 1, "second")
    store.edits.for_request(KEY).undo(meeting_id)
    restarted = open_store(url)
    assert restarted.edits.for_request(KEY).undo(meeting_id) == "Correction of a passage"
    assert count_edits(restarted, meeting_id) == 1
    restarted.edits.undo(meeting_id)
    for _ in range(2):
        restarted.edits.for_request(OTHER).redo(meeting_id)
    assert count_edits(restarted, meeting_id) == 1
    restarted.close()


def test_a_key_is_kept_when_its_edit_is_undone_and_dropped(
    store: MeetingStore, meeting_id: str
) -> None:
    store.edits.for_request(KEY).correct(meeting_id, 0, "first")
    store.edits.undo(meeting_id)
    store.edits.correct(meeting_id, 1, "second")
    store.edits.for_request(KEY).correct(meeting_id, 0, "first")
    assert count_edits(store, meeting_id) == 1


def test_a_key_counts_within_its_meeting_and_a_refused_edit_keeps_none(
    store: MeetingStore, meeting_id: str
) -> None:
    edits = store.edits.for_request(KEY)
    with pytest.raises(MeetingStateError):
        edits.correct(meeting_id, 0, "new", "what is not there")
    edits.correct(meeting_id, 0, "new", "one two three")
    assert count_edits(store, meeting_id) == 1
    other = store.create_meeting("Other").id
    store.replace_transcript(other, LINES)
    edits.correct(other, 0, "new", "one two three")
    assert count_edits(store, other) == 1
    store.delete(other)


def test_one_request_sent_to_several_processes_makes_one_edit(
    store: MeetingStore, url: str, meeting_id: str
) -> None:
    stores = [open_store(url) for _ in range(4)]
    together = threading.Barrier(len(stores))

    def split(each: MeetingStore) -> str:
        together.wait(10)
        return each.edits.for_request(KEY).split(meeting_id, 0, 1)

    with ThreadPoolExecutor(len(stores)) as pool:
        labels = set(pool.map(split, stores))
    assert len(labels) == 1 and count_edits(store, meeting_id) == 1
    for each in stores:
        each.close()


def test_old_keys_are_deleted(url: str) -> None:
    now = [datetime(2026, 11, 22, tzinfo=UTC)]
    store = MeetingStore(open_database(url), lambda: now[0])
    meeting_id = store.create_meeting("Any").id
    store.replace_transcript(meeting_id, LINES)
    store.edits.for_request(KEY).assign(meeting_id, [0])
    now[0] += KEPT_FOR + timedelta(days=1)
    store.edits.for_request(OTHER).assign(meeting_id, [1])
    store.edits.for_request(KEY).assign(meeting_id, [2])
    assert count_edits(store, meeting_id) == 3
    store.close()
