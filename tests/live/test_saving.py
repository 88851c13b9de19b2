"""A store that refuses or waits delays no recognition, and gets every word in the end."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.errors import StoreError
from meetcore.live import persistence, speaker_names
from meetcore.live.unsaved import Unsaved
from meetcore.records import Segment, Word
from meetcore.service.meeting_service import LiveMeeting, MeetingService
from meetcore.transcript.live_transcript import UnsavedSegments
from tests.support.live_meetings import (
    ended,
    provisional,
    recognized_all,
    running,
    send,
    words,
)
from tests.support.stand_ins import RefusingStore, texts, until

LOCKED_S = 6.0
LONGEST_STALL_S = 1.0


def segment(text: str, speaker: str = "S1") -> Segment:
    return Segment(0.0, 1.0, speaker, (Word(text, 0.0, 1.0),))


def applied(stored: list[Segment], change: UnsavedSegments | None) -> list[Segment]:
    """What the store has after a change."""
    if change is None:
        return stored
    kept = [
        replace(each, speaker=change.merged.get(each.speaker or "", each.speaker))
        for each in stored[: change.first_position]
    ]
    return kept + list(change.segments)


segments = st.lists(
    st.builds(segment, st.sampled_from("abcdef"), st.sampled_from(["S1", "S2", "S3"])), max_size=4
)
merges = st.sampled_from([{}, {"S2": "S1"}, {"S3": "S2"}, {"S3": "S1"}])


@given(st.lists(st.none() | st.tuples(st.integers(0, 6), segments, merges), max_size=8))
def test_joined_changes_give_what_each_of_them_would_give(
    changes: list[tuple[int, list[Segment], dict[str, str]] | None],
) -> None:
    stored = [segment(text, f"S{n + 1}") for n, text in enumerate("xyz")]
    one_by_one, joined = stored, Unsaved()
    for change in changes:
        if change is None:
            new = None
        else:
            first, told, merged = change
            new = UnsavedSegments(min(first, len(one_by_one)), tuple(told), merged)
        one_by_one = applied(one_by_one, new)
        joined = joined.followed_by(Unsaved(new))
    assert applied(stored, joined.segments) == one_by_one


@contextmanager
def locked(tmp_path: Path, seconds: float) -> Iterator[threading.Thread]:
    """Another process holds the write lock of the database for so long."""
    held = threading.Event()

    def hold() -> None:
        file = str(tmp_path / "meetcore.db")
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            held.set()
            time.sleep(seconds)
            other.execute("ROLLBACK")

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(5)
    yield thread
    thread.join()


def longest_stall(live: LiveMeeting, recorded: float, seconds: int) -> float:
    """Send a second of talk at a time; the longest that the page waited for one."""
    longest = 0.0
    for second in range(1, seconds + 1):
        began = time.monotonic()
        send(live, 1.0)
        until(recognized_all(live, recorded + second))
        live.snapshot()
        longest = max(longest, time.monotonic() - began)
        time.sleep(0.3)
    return longest


def test_a_locked_database_delays_no_recognition(
    service: MeetingService, store: RefusingStore, tmp_path: Path
) -> None:
    live = running(service, service.start("Locked"))
    send(live, 2.0)
    until(recognized_all(live, 2.0))
    with locked(tmp_path, LOCKED_S):
        assert longest_stall(live, 2.0, 10) < LONGEST_STALL_S
        snapshot = live.snapshot()
        assert texts(snapshot.segments) == words(23), "the words are shown meanwhile"
        assert snapshot.health.unsaved_for > 2.0
    until(lambda: provisional(store, live.meeting_id) == words(23))
    until(lambda: live.snapshot().health.unsaved_for == 0.0)


def test_a_rename_that_waits_for_the_database_delays_no_recognition(
    service: MeetingService, store: RefusingStore, tmp_path: Path
) -> None:
    live = running(service, service.start("Named"))
    send(live, 4.0)
    until(recognized_all(live, 4.0))
    with locked(tmp_path, 3.0):
        naming = threading.Thread(target=live.rename, args=("S1", "Ada"))
        titling = threading.Thread(target=live.set_title, args=("Other",))
        naming.start()
        titling.start()
        assert longest_stall(live, 4.0, 6) < LONGEST_STALL_S
        assert live.snapshot().speakers[0].name is None, "not before it is saved"
    naming.join()
    titling.join()
    until(lambda: live.snapshot().speakers[0].name == "Ada")
    assert store.get(live.meeting_id).title == live.snapshot().title == "Other"
    until(lambda: provisional(store, live.meeting_id) == words(19))


def test_a_rename_is_refused_where_the_database_stays_locked(
    service: MeetingService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speaker_names, "RENAME_TIMEOUT_MS", 200)
    monkeypatch.setattr("meetcore.live.live_meeting.RENAME_TIMEOUT_MS", 200)
    live = running(service, service.start("Named"))
    send(live, 2.0)
    until(recognized_all(live, 2.0))
    with locked(tmp_path, 2.0):
        with pytest.raises(StoreError):
            live.rename("S1", "Ada")
        with pytest.raises(StoreError):
            live.set_title("Other")
    assert live.snapshot().speakers[0].name is None
    assert live.snapshot().title == "Named"


@pytest.mark.parametrize(
    "refused",
    ["ensure_speakers", "replace_segments", "add_rejected", "rename_speaker", "update", "*"],
)
def test_whatever_the_store_refuses_is_saved_later_in_order(
    service: MeetingService, store: RefusingStore, refused: str
) -> None:
    live = running(service, service.start("Refused"))
    store.refused = {refused}
    for second in range(1, 11):
        send(live, 1.0)
        until(recognized_all(live, float(second)))
    assert texts(live.snapshot().segments) == words(19)
    store.refused = set()
    until(lambda: provisional(store, live.meeting_id) == words(19))
    live.stop()
    assert live.join(10)
    assert provisional(store, live.meeting_id) == words(20)
    assert ended(service, live.meeting_id).duration == 10.0


def test_an_unexpected_error_of_the_store_loses_nothing_either(
    service: MeetingService, store: RefusingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = running(service, service.start("Broken"))
    write = store._store.replace_segments

    def broken(*arguments: object) -> None:
        raise RuntimeError("not a StoreError")

    monkeypatch.setattr(store._store, "replace_segments", broken)
    send(live, 2.0)
    until(recognized_all(live, 2.0))
    until(lambda: live.snapshot().health.last_error == "RuntimeError")
    monkeypatch.setattr(store._store, "replace_segments", write)
    until(lambda: provisional(store, live.meeting_id) == words(3))


def test_the_last_words_are_given_up_after_a_while(
    service: MeetingService, store: RefusingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(persistence, "LAST_SAVE_S", 0.2)
    monkeypatch.setattr(persistence, "RETRY_S", 60.0)
    live = running(service, service.start("Stranded"))
    store.refused = {"replace_segments"}
    send(live, 2.0)
    until(recognized_all(live, 2.0))
    live.stop()
    assert live.join(5), "it waits for the pause between two tries"


def test_a_meeting_that_is_deleted_elsewhere_records_no_more(
    service: MeetingService, store: RefusingStore
) -> None:
    live = running(service, service.start("Gone"))
    send(live, 1.0)
    until(recognized_all(live, 1.0))
    store.delete(live.meeting_id)
    send(live, 6.0)
    assert live.join(20)
