"""Jobs in the database; a meeting has at most one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select

from meetcore.errors import MeetingNotFoundError
from meetcore.records import Job, JobOptions, JobStage, JobState, Meeting
from meetcore.store.damage import moment, number, optional_text, readable, text, whole
from meetcore.store.database import Database
from meetcore.store.queries import SHOWN
from meetcore.store.rows import to_meeting
from meetcore.store.schema import JobRow, MeetingRow

FINAL_STATES = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class Unchanged:
    """Type of UNCHANGED, the default of arguments for which None is a value."""


UNCHANGED = Unchanged()


class JobStore:
    """Reads and writes jobs; every method is one short transaction, callable from any thread.

    Raises
    ------
    StoreError
        From every method: the database refused. Try again, or show the message.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def put(self, job: Job) -> Job:
        """Save a job, replacing the meeting's previous one; `created_at` defaults to now."""
        job = replace(job, created_at=job.created_at or self._clock())
        with self._database.writing() as session:
            session.merge(_row(job))
        return job

    def get(self, meeting_id: str) -> Job | None:
        """The meeting's job, if it has one."""
        with self._database.reading() as session:
            row = session.get(JobRow, meeting_id)
            return None if row is None else to_job(row)

    def newest(self, count: int) -> list[tuple[Meeting, Job]]:
        """The newest `count` jobs with their meetings, without those that cannot be read.

        The cost does not grow with their number.
        """
        shown = select(MeetingRow.id).where(MeetingRow.id == JobRow.meeting_id, SHOWN).exists()
        # In the order of an index, so that no more rows are read than are wanted.
        order = (JobRow.created_at.desc(), JobRow.meeting_id.desc())
        chosen = (
            select(JobRow)
            .where(shown, JobRow.state != JobState.ROLLING.value)
            .order_by(*order)
            .limit(count)
        )
        with self._database.reading() as session:
            found = (readable(partial(to_job, row)) for row in session.scalars(chosen).all())
            jobs = [job for job in found if job is not None]
            ids = [job.meeting_id for job in jobs]
            rows = session.scalars(select(MeetingRow).where(MeetingRow.id.in_(ids)))
            meetings = {row.id: to_meeting(row) for row in rows}
            return [(meetings[job.meeting_id], job) for job in jobs]

    def list(self, states: Iterable[JobState] = ()) -> list[Job]:
        """Jobs in any of these states (all jobs for no states), newest first."""
        wanted = [state.value for state in states]
        chosen = select(JobRow).join(MeetingRow, MeetingRow.id == JobRow.meeting_id).where(SHOWN)
        if wanted:
            chosen = chosen.where(JobRow.state.in_(wanted))
        newest_first = (JobRow.created_at.desc(), MeetingRow.serial.desc())
        with self._database.reading() as session:
            rows = session.scalars(chosen.order_by(*newest_first)).all()
            found = (readable(partial(to_job, row)) for row in rows)
            return [job for job in found if job is not None]

    def update(
        self,
        meeting_id: str,
        *,
        state: JobState | None = None,
        stage: JobStage | None = None,
        progress: float | None = None,
        overall: float | None = None,
        remaining_s: float | Unchanged | None = UNCHANGED,
        checkpoint_samples: int | None = None,
        options: JobOptions | None = None,
        detail: str | None = None,
        attempts: int | None = None,
        notes: Mapping[JobStage, tuple[str, ...]] | None = None,
        failed_samples: int | None = None,
    ) -> Job:
        """Change the given fields; `finished_at` is set with a final state, else cleared.

        Raises
        ------
        MeetingNotFoundError
            The meeting has no job; it may have been deleted.
        """
        values: dict[str, object] = {
            "state": None if state is None else state.value,
            "stage": None if stage is None else stage.value,
            "progress": None if progress is None else float(progress),
            "overall": None if overall is None else float(overall),
            "checkpoint_samples": checkpoint_samples,
            "options": None if options is None else asdict(options),
            "detail": detail,
            "attempts": attempts,
            "notes": None if notes is None else _stored_notes(notes),
            "failed_samples": failed_samples,
        }
        changes = {name: value for name, value in values.items() if value is not None}
        if not isinstance(remaining_s, Unchanged):
            changes["remaining_s"] = remaining_s
        if state is not None:
            changes["finished_at"] = self._clock() if state in FINAL_STATES else None
        return self._write(meeting_id, changes)

    def _write(self, meeting_id: str, changes: dict[str, object]) -> Job:
        with self._database.writing() as session:
            row = session.get(JobRow, meeting_id)
            if row is None:
                raise MeetingNotFoundError(
                    f"The meeting {meeting_id} has no job. It may have been deleted."
                )
            for column, value in changes.items():
                setattr(row, column, value)
            return to_job(row)


def to_job(row: JobRow) -> Job:
    """The job a row describes; raises DamagedRowError."""
    return whole("job", row.meeting_id, lambda: _to_job(row))


def _to_job(row: JobRow) -> Job:
    return Job(
        meeting_id=row.meeting_id,
        state=JobState(row.state),
        stage=JobStage(row.stage),
        options=_options(row.options),
        progress=number(row.progress),
        overall=number(row.overall),
        remaining_s=None if row.remaining_s is None else number(row.remaining_s),
        checkpoint_samples=int(number(row.checkpoint_samples)),
        source_path=optional_text(row.source_path),
        detail=text(row.detail),
        attempts=int(number(row.attempts)),
        notes={JobStage(stage): tuple(notes) for stage, notes in (row.notes or {}).items()},
        failed_samples=int(number(row.failed_samples or 0)),
        created_at=moment(row.created_at),
        finished_at=None if row.finished_at is None else moment(row.finished_at),
    )


def _options(stored: dict[str, Any]) -> JobOptions:
    """The options of a row, whose JSON has lists for tuples."""
    return JobOptions(
        **{
            **stored,
            "heard": tuple(stored.get("heard", ())),
            "speech_levels": tuple(
                (int(level), int(count)) for level, count in stored.get("speech_levels", ())
            ),
        }
    )


def _stored_notes(notes: Mapping[JobStage, tuple[str, ...]]) -> dict[str, list[str]]:
    return {stage.value: list(sentences) for stage, sentences in notes.items()}


def _row(job: Job) -> JobRow:
    assert job.created_at is not None
    return JobRow(
        meeting_id=job.meeting_id,
        state=job.state.value,
        stage=job.stage.value,
        options=asdict(job.options),
        progress=float(job.progress),
        overall=float(job.overall),
        remaining_s=job.remaining_s,
        checkpoint_samples=job.checkpoint_samples,
        source_path=job.source_path,
        detail=job.detail,
        attempts=job.attempts,
        notes=_stored_notes(job.notes),
        failed_samples=job.failed_samples,
        created_at=job.created_at,
        finished_at=job.finished_at,
    )
