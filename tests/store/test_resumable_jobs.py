"""What jobs need of the store to resume: turns without overlaps, drafts, several calls at once."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event

from meetcore.errors import MeetingNotFoundError
from meetcore.records import (
    Job,
    JobStage,
    JobState,
    RejectedText,
    Segment,
    Stage,
    Turn,
    Word,
)
from meetcore.store import sqlite
from meetcore.store.meetings import MeetingStore, open_store
from meetcore.store.migrate import migrate

TURNS = (Turn(0, 3, "S1"), Turn(2, 7, "S2"))
EXCLUSIVE = (Turn(0, 2.5, "S1"), Turn(2.5, 7, "S2"))


def line(start: float, *, stage: Stage = Stage.DRAFT) -> Segment:
    return Segment(start, start + 1.0, None, (Word(f" w{start:g}", start, start + 1.0),))


def test_turns_without_overlaps_are_kept_beside_the_others(store: MeetingStore) -> None:
    meeting_id = store.create_meeting("Any").id
    assert store.exclusive_turns(meeting_id) == ()
    store.replace_turns(meeting_id, TURNS)
    assert store.exclusive_turns(meeting_id) == TURNS, "none are known"
    store.replace_turns(meeting_id, TURNS, EXCLUSIVE)
    assert (store.turns(meeting_id), store.exclusive_turns(meeting_id)) == (TURNS, EXCLUSIVE)


def test_merged_speakers_are_merged_in_both_kinds_of_turns_and_undone(store: MeetingStore) -> None:
    meeting_id = store.create_meeting("Any").id
    store.ensure_speakers(meeting_id, ["S1", "S2"])
    for exclusive in (EXCLUSIVE, None):
        store.replace_turns(meeting_id, TURNS, exclusive)
        store.edits.merge_speakers(meeting_id, "S2", "S1")
        for turns in (store.turns(meeting_id), store.exclusive_turns(meeting_id)):
            assert {turn.speaker for turn in turns} == {"S1"}
        assert store.edits.undo(meeting_id) is not None
        assert store.turns(meeting_id) == TURNS
        assert store.exclusive_turns(meeting_id) == (exclusive or TURNS)


def test_a_draft_is_cut_with_its_rejected_text(store: MeetingStore) -> None:
    meeting_id = store.create_meeting("Any").id
    at_the_end = Segment(4.0, 4.0, None, (Word(" end", 4.0, 4.0),))
    store.replace_segments(meeting_id, 0, (line(0.0), at_the_end, line(4.0)), Stage.DRAFT)
    texts = [RejectedText(at, at + 1.0, "Thanks.", "silence") for at in (1.0, 5.0)]
    store.add_rejected(meeting_id, Stage.DRAFT, texts)
    store.add_rejected(meeting_id, Stage.PROVISIONAL, texts)
    store.cut_draft(meeting_id, 4.0)
    kept = store.transcript(meeting_id, Stage.DRAFT)
    assert kept.segments == (line(0.0), at_the_end)
    assert [text.start for text in kept.rejected] == [1.0]
    store.clear_draft(meeting_id)
    empty = store.transcript(meeting_id, Stage.DRAFT)
    assert (empty.segments, empty.rejected) == ((), ())
    assert len(store.transcript(meeting_id, Stage.PROVISIONAL).rejected) == 2


def test_calls_together_are_saved_together_or_not_at_all(store: MeetingStore) -> None:
    meeting_id = store.create_meeting("Before").id
    with pytest.raises(MeetingNotFoundError), store.together():
        store.update(meeting_id, title="After")
        assert store.get(meeting_id).title == "After"
        store.update("nobody", title="After")
    assert store.get(meeting_id).title == "Before"
    with store.together():
        store.update(meeting_id, title="After")
        seen: list[str] = []
        other = threading.Thread(target=lambda: seen.append(store.get(meeting_id).title))
        other.start()
        other.join(10)
        store.jobs.put(Job(meeting_id, JobState.QUEUED, JobStage.RECOGNIZING))
    assert seen == ["Before"], "another thread is outside"
    assert store.get(meeting_id).title == "After"
    assert store.jobs.get(meeting_id) is not None


def test_a_database_of_the_version_before_resumes_its_draft(tmp_path: Path) -> None:
    file = tmp_path / "meetcore.db"
    engine = create_engine(f"sqlite:///{file}")
    sqlite.configure(engine)
    with engine.execution_options(**{sqlite.WRITES: True}).begin() as connection:
        migrate(connection, "0003")
    engine.dispose()
    moment = "2026-01-01 00:00:00"
    with sqlite3.connect(file) as old:
        old.execute(
            "INSERT INTO meetings (id, title, state, created_at, duration_samples, detail,"
            " recognizer, progress, transcript_stage, serial)"
            f" VALUES ('m', 'Old', 'finalizing', '{moment}', 0, '', '', 0.5, 'provisional', 1)"
        )
        old.execute(
            "INSERT INTO jobs (meeting_id, state, stage, options, progress, overall,"
            " checkpoint_samples, detail, attempts, created_at)"
            f" VALUES ('m', 'running', 'recognizing', '{{}}', 0.5, 0.5, 64000, '', 1, '{moment}')"
        )
        for position, start in enumerate((0.0, 2.0, 4.0)):
            old.execute(
                "INSERT INTO segments (meeting_id, stage, position, start, end, words, text)"
                f" VALUES ('m', 'draft', {position}, {start}, {start + 1}, '[]', '')"
            )
            old.execute(
                "INSERT INTO rejected (meeting_id, stage, start, end, text, reason)"
                f" VALUES ('m', 'draft', {start}, {start + 1}, 'Thanks.', 'silence')"
            )
        old.execute("INSERT INTO turns (meeting_id, turns) VALUES ('m', '[[0.0, 3.0, \"S1\"]]')")
    old.close()
    store = open_store(f"sqlite:///{file}")
    draft = store.transcript("m", Stage.DRAFT)
    assert [segment.start for segment in draft.segments] == [0.0, 2.0]
    assert [text.start for text in draft.rejected] == [0.0, 2.0]
    job = store.jobs.get("m")
    assert job is not None and (job.notes, job.failed_samples) == ({}, 0)
    assert store.exclusive_turns("m") == (Turn(0.0, 3.0, "S1"),)
    store.close()


@contextmanager
def counted(store: MeetingStore) -> Iterator[list[str]]:
    """The statements that the block sends to the database."""
    engine: Any = store._database._engine
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.startswith("SELECT"):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_the_newest_jobs_cost_the_same_whatever_the_history(store: MeetingStore) -> None:
    made = []
    for number in range(60):
        meeting_id = store.create_meeting(f"Meeting {number}").id
        state = JobState.QUEUED if number > 57 else JobState.DONE
        store.jobs.put(Job(meeting_id, state, JobStage.RECOGNIZING))
        made.append(meeting_id)
    store.hide(made[-2])
    with counted(store) as statements:
        newest = store.jobs.newest(5)
    assert [meeting.id for meeting, _ in newest] == [made[-1], *made[-3:-7:-1]]
    assert all(meeting.id == job.meeting_id for meeting, job in newest)
    assert len(statements) == 2 and "LIMIT" in statements[0]
    with store._database.reading() as session:
        for statement in statements:
            sql = f"EXPLAIN QUERY PLAN {statement.replace('?', '5')}"
            plan = str(session.connection().exec_driver_sql(sql).all())
            assert "SCAN meetings" not in plan, plan
            assert "SCAN jobs" not in plan or "ix_jobs_created_at" in plan, plan
