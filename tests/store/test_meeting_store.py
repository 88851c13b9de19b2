"""Meetings are created, updated, listed and deleted."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from meetcore.errors import MeetingNotFoundError, StoreError
from meetcore.records import (
    Meeting,
    MeetingState,
    Mode,
    RejectedText,
    Segment,
    Speaker,
    Stage,
    Transcript,
    Word,
)
from meetcore.store.database import open_database
from meetcore.store.meetings import MeetingStore, open_store


def segment(start: float, speaker: str | None = "S1", text: str = " yes") -> Segment:
    return Segment(start, start + 1, speaker, (Word(text, start, start + 1, 0.5),))


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 13, 15, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def test_created_meeting_is_read_back(store: MeetingStore) -> None:
    before = datetime.now(UTC)
    made = store.create_meeting(
        "Standup",
        mode=Mode.FULL,
        recognizer="tiny.en · ctranslate2",
        language="en",
    )
    made = store.update(made.id, audio_path="recordings/x")
    assert store.get(made.id) == made
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{6}", made.id)
    assert before <= made.created_at <= datetime.now(UTC)
    assert made == Meeting(
        id=made.id,
        title="Standup",
        state=MeetingState.LIVE,
        created_at=made.created_at,
        mode=Mode.FULL,
        recognizer="tiny.en · ctranslate2",
        language="en",
        audio_path="recordings/x",
    )


def test_meeting_with_a_given_id_and_state(store: MeetingStore) -> None:
    made = store.create_meeting("Upload", meeting_id="mine", state=MeetingState.FINALIZING)
    assert (made.id, made.state, made.mode) == ("mine", MeetingState.FINALIZING, None)
    with pytest.raises(StoreError, match="refused a write"):
        store.create_meeting("Again", meeting_id="mine")
    assert store.get("mine").title == "Upload"


def test_update_changes_only_what_is_given(store: MeetingStore) -> None:
    made = store.create_meeting("Standup", recognizer="tiny.en", language="en")
    changed = store.update(made.id, title="Retro", duration=61.5, progress=0.25)
    assert (changed.title, changed.duration, changed.progress) == ("Retro", 61.5, 0.25)
    changed = store.update(
        made.id,
        state=MeetingState.FAILED,
        detail="The weight is gone.",
        mode=Mode.RECORDING_ONLY,
        recognizer="base.en",
        audio_path="there",
        language="de",
    )
    assert store.get(made.id) == changed
    assert (changed.title, changed.state, changed.detail) == (
        "Retro",
        MeetingState.FAILED,
        "The weight is gone.",
    )
    assert (changed.mode, changed.recognizer) == (Mode.RECORDING_ONLY, "base.en")
    assert (changed.audio_path, changed.language) == ("there", "de")
    assert store.update(made.id, detail="").detail == ""
    assert store.update(made.id, duration=np.float32(2.5)).duration == 2.5


def test_ended_at_is_set_when_a_meeting_stops_being_live(url: str) -> None:
    store = MeetingStore(open_database(url), clock=Clock())
    made = store.create_meeting("Standup")
    assert made.ended_at is None
    ended = store.update(made.id, state=MeetingState.FINALIZING).ended_at
    assert ended == made.created_at + timedelta(seconds=1)
    assert store.update(made.id, state=MeetingState.DONE).ended_at == ended
    assert store.update(made.id, state=MeetingState.LIVE).ended_at is None
    store.close()


def test_listed_newest_first_in_pages(url: str) -> None:
    store = MeetingStore(open_database(url), clock=Clock())
    ids = [store.create_meeting(f"Meeting {index}").id for index in range(5)]
    assert ids == sorted(ids)
    assert [meeting.id for meeting in store.list_meetings()] == ids[::-1]
    assert [meeting.id for meeting in store.list_meetings(limit=2, offset=1)] == [ids[3], ids[2]]
    store.close()


def test_unfinished_meetings_without_a_worker_become_interrupted(store: MeetingStore) -> None:
    states = {state: store.create_meeting(state, state=state).id for state in MeetingState}
    running = store.create_meeting("running").id
    marked = store.mark_interrupted({running})
    assert {meeting.id for meeting in marked} == {
        states[MeetingState.LIVE],
        states[MeetingState.FINALIZING],
    }
    assert all(meeting.state is MeetingState.INTERRUPTED for meeting in marked)
    assert {
        meeting.id for meeting in store.list_meetings() if meeting.state is MeetingState.INTERRUPTED
    } == {
        states[MeetingState.LIVE],
        states[MeetingState.FINALIZING],
        states[MeetingState.INTERRUPTED],
    }
    assert store.get(running).state is MeetingState.LIVE
    assert store.get(states[MeetingState.DONE]).state is MeetingState.DONE
    assert store.mark_interrupted({running}) == []


def test_deleting_a_meeting_deletes_its_rows_in_all_tables(store: MeetingStore, url: str) -> None:
    kept, gone = (store.create_meeting(name).id for name in ("kept", "gone"))
    for meeting_id in (kept, gone):
        store.replace_segments(meeting_id, 0, [segment(0)])
        store.add_rejected(meeting_id, Stage.FINAL, [RejectedText(0, 1, "uh", "energy")])
    store.delete(gone)
    with pytest.raises(MeetingNotFoundError, match=rf"no meeting {gone}.*reload the list"):
        store.get(gone)
    again = store.create_meeting("the same id", meeting_id=gone)
    assert store.transcript(again.id) == Transcript()
    assert store.transcript(again.id, Stage.FINAL).rejected == ()
    assert store.speakers(again.id) == ()
    assert len(store.transcript(kept).segments) == 1


def test_every_method_raises_for_a_missing_meeting(store: MeetingStore) -> None:
    calls = [
        lambda: store.get("no"),
        lambda: store.update("no", title="x"),
        lambda: store.delete("no"),
        lambda: store.replace_segments("no", 0, [segment(0)]),
        lambda: store.clear_draft("no"),
        lambda: store.hide("no"),
        lambda: store.turns("no"),
        lambda: store.replace_turns("no", []),
        lambda: store.edits.undo("no"),
        lambda: store.edits.correct("no", 0, "x"),
        lambda: store.edits.redo("no"),
        lambda: store.jobs.update("no", progress=0.5),
        lambda: store.replace_transcript("no", Transcript()),
        lambda: store.transcript("no"),
        lambda: store.add_rejected("no", Stage.FINAL, []),
        lambda: store.speakers("no"),
        lambda: store.ensure_speakers("no", []),
        lambda: store.rename_speaker("no", "S1", "Ann"),
    ]
    for call in calls:
        with pytest.raises(MeetingNotFoundError):
            call()


def test_reopened_store_has_everything(store: MeetingStore, url: str) -> None:
    made = store.create_meeting("Standup")
    store.replace_segments(made.id, 0, [segment(0), segment(1, None)])
    store.rename_speaker(made.id, "S1", "Ann")
    before = store.transcript(made.id)
    store.close()
    store.close()
    with pytest.raises(StoreError, match=r"closed\. Open it again"):
        store.get(made.id)
    again = open_store(url)
    assert again.get(made.id) == made
    assert again.transcript(made.id) == before
    assert again.speakers(made.id) == (Speaker("S1", "Ann"),)
    again.close()


def test_merged_labels_are_replaced_in_the_segments_before(store: MeetingStore) -> None:
    made = store.create_meeting("Merge")
    store.replace_segments(made.id, 0, [segment(0, "S1"), segment(1, "S2"), segment(2, "S2")])
    store.replace_segments(made.id, 2, [segment(2, "S3")], merged={"S2": "S3", "S4": "S3"})
    found = store.transcript(made.id, Stage.PROVISIONAL).segments
    assert [each.speaker for each in found] == ["S1", "S3", "S3"]
    assert [each.words for each in found] == [segment(n).words for n in range(3)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("no url at all", "The database URL is not valid"),
        ("nodriver://x/y", "The database URL is not valid"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:////dev/null/x/meetcore.db", r"folder of the database .* cannot be made"),
    ],
)
def test_invalid_urls_raise_one_sentence(given: str, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        open_store(given)


def test_a_file_that_is_no_database_raises_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "meetcore.db").write_text("this is no database, and long enough to be read" * 99)
    with pytest.raises(StoreError, match=r"refused a migration \(file is not a database\)"):
        open_store(f"sqlite:///{tmp_path / 'meetcore.db'}")


def test_words_of_a_meeting_stay_out_of_error_messages(store: MeetingStore) -> None:
    made = store.create_meeting("Standup")
    with pytest.raises(StoreError) as caught:
        store.replace_segments(made.id, 0, [segment(0, "secret\ud800label")])
    assert "secret" not in str(caught.value)
    with pytest.raises(StoreError) as caught:
        store.create_meeting("secret title", meeting_id=made.id)
    assert "secret" not in str(caught.value)
    assert store.transcript(made.id) == Transcript()
