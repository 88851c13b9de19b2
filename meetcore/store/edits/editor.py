"""Corrections by people: each a step that can be undone, with the recognizer's words kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from meetcore.errors import MeetingStateError
from meetcore.records import Segment, Stage
from meetcore.store import transcript_rows
from meetcore.store.database import Database
from meetcore.store.edits.rewording import reworded
from meetcore.store.edits.undo_steps import apply, change_between, state_of, swapped
from meetcore.store.queries import found_meeting, locked_meeting
from meetcore.store.rows import to_segment
from meetcore.store.schema import EditRow, MeetingRow, SegmentRow, SpeakerRow
from meetcore.store.search import index

NEW_TRANSCRIPT = "New transcript"


@dataclass(frozen=True, slots=True)
class EditState:
    """What can be undone and done again, in words; None where there is nothing."""

    can_undo: str | None = None
    can_redo: str | None = None
    edits: int = 0


class Editor:
    """Changes the transcript in force; every method is one transaction, safe from any thread.

    Every method raises StoreError when the database refuses, MeetingNotFoundError when there is
    no such meeting, and MeetingStateError when what is to be changed is not there any more.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def correct(
        self, meeting_id: str, position: int, text: str, expected: str | None = None
    ) -> None:
        """Type a segment anew; nothing typed takes it out.

        Parameters
        ----------
        expected : the text that the person saw; anything else there now refuses the correction
        """
        with self._step(meeting_id, "Correction of a passage") as (session, stage):
            _correct(session, meeting_id, stage, position, text, expected)

    def correct_word(
        self,
        meeting_id: str,
        position: int,
        word_index: int,
        text: str,
        expected: str | None = None,
    ) -> None:
        """Type one word anew; nothing typed takes it out."""
        with self._step(meeting_id, "Correction of a word") as (session, stage):
            segment = _segment(session, meeting_id, stage, position)
            if not 0 <= word_index < len(segment.words):
                raise _moved()
            if expected is not None and segment.words[word_index].text.strip() != expected.strip():
                raise _moved()
            texts = [word.text for word in segment.words]
            lead = " " if texts[word_index].startswith(" ") else ""
            texts[word_index] = f"{lead}{text.strip()}" if text.strip() else ""
            _correct(session, meeting_id, stage, position, "".join(texts), None)

    def assign(self, meeting_id: str, positions: Iterable[int], label: str | None = None) -> str:
        """Give segments to a speaker, for None to a new one; gives the label."""
        with self._step(meeting_id, "Change of speaker") as (session, stage):
            label = label or _free_label(session, meeting_id)
            transcript_rows.put_speakers(session, meeting_id, [label])
            for position in positions:
                _row(session, meeting_id, stage, position).speaker = label
        return label

    def split(
        self, meeting_id: str, position: int, word_index: int, label: str | None = None
    ) -> str:
        """Give a segment's words from one on to a speaker, for None to a new one."""
        with self._step(meeting_id, "Split of a passage") as (session, stage):
            segment = _segment(session, meeting_id, stage, position)
            if not 0 < word_index < len(segment.words):
                raise _moved()
            label = label or _free_label(session, meeting_id)
            head, tail = segment.words[:word_index], segment.words[word_index:]
            cut = max(segment.start, min(segment.end, tail[0].start))
            # Which of the recognizer's words each part was, nobody can say.
            parts = [
                Segment(segment.start, cut, segment.speaker, head),
                Segment(cut, segment.end, label, tail),
            ]
            _replace(session, meeting_id, stage, position, parts)
        return label

    def merge_speakers(self, meeting_id: str, label: str, into: str) -> None:
        """Two speakers were one: `into` stays, with its name, else with the other's."""
        if label == into:
            return
        with self._step(meeting_id, "Merge of two speakers", every_stage=True) as (session, _):
            gone = session.get(SpeakerRow, (meeting_id, label))
            transcript_rows.put_speakers(session, meeting_id, [into])
            kept = session.get_one(SpeakerRow, (meeting_id, into))
            if gone is not None and kept.name is None:
                kept.name, kept.similarity = gone.name, gone.similarity
                kept.profile_id = gone.profile_id
            rows = session.scalars(
                select(SegmentRow).where(
                    SegmentRow.meeting_id == meeting_id, SegmentRow.speaker == label
                )
            )
            for row in rows:
                row.speaker = into
            turns = transcript_rows.get_turns(session, meeting_id)
            renamed = [replace(t, speaker=into) if t.speaker == label else t for t in turns]
            if turns:
                transcript_rows.put_turns(session, meeting_id, renamed)
            if gone is not None:
                session.delete(gone)

    def rename(self, meeting_id: str, label: str, name: str | None) -> None:
        """Name a speaker; None or blanks take the name away."""
        with self._step(meeting_id, "Name of a speaker") as (session, _):
            transcript_rows.put_name(session, meeting_id, label, name)

    def undo(self, meeting_id: str) -> str | None:
        """Take the last step back; gives what it was, None where there is none."""
        return self._move(meeting_id, undone=False)

    def redo(self, meeting_id: str) -> str | None:
        """Do the step again that was taken back last; gives what it was."""
        return self._move(meeting_id, undone=True)

    def state(self, meeting_id: str) -> EditState:
        """What can be undone and done again."""
        with self._database.reading() as session:
            meeting = found_meeting(session.get(MeetingRow, meeting_id), meeting_id)
            stage = index.stage_in_force(session, meeting)
            last, next_ = (_next(session, meeting_id, stage, undone) for undone in (False, True))
            done = (
                select(func.count())
                .select_from(EditRow)
                .where(
                    EditRow.meeting_id == meeting_id,
                    EditRow.stage == stage.value,
                    EditRow.undone.is_(False),
                )
            )
            return EditState(
                last.description if last else None,
                next_.description if next_ else None,
                session.scalar(done) or 0,
            )

    def _move(self, meeting_id: str, undone: bool) -> str | None:
        with self._database.writing() as session:
            meeting = locked_meeting(session, meeting_id)
            stage = index.stage_in_force(session, meeting)
            row = _next(session, meeting_id, stage, undone)
            if row is None:
                return None
            if not apply(session, meeting_id, row.change if undone else swapped(row.change)):
                raise _moved()
            row.undone = not undone
            index.refresh(session, meeting)
            return row.description

    @contextmanager
    def _step(
        self, meeting_id: str, description: str, every_stage: bool = False
    ) -> Iterator[tuple[Session, Stage]]:
        """One undoable step; one that changes nothing leaves no trace."""
        with self._database.writing() as session:
            meeting = locked_meeting(session, meeting_id)
            stage = index.stage_in_force(session, meeting)
            stages = [*Stage] if every_stage else [stage]
            with _recorded(session, meeting_id, stage, stages, description, self._clock()):
                yield session, stage
            index.refresh(session, meeting)


@contextmanager
def keep_edits(
    session: Session, meeting: MeetingRow, stage: Stage, moment: datetime
) -> Iterator[None]:
    """A new transcript over one that people corrected is a step that can be undone itself."""
    if stage is Stage.FINAL:
        # What was taken back cannot be done again to other words.
        _forget_undone(session, meeting.id)
    if stage is not Stage.FINAL or _next(session, meeting.id, stage, undone=False) is None:
        yield
        return
    with _recorded(session, meeting.id, stage, [stage], NEW_TRANSCRIPT, moment):
        yield


@contextmanager
def _recorded(
    session: Session,
    meeting_id: str,
    stage: Stage,
    stages: list[Stage],
    description: str,
    moment: datetime,
) -> Iterator[None]:
    before = state_of(session, meeting_id, stages)
    yield
    change = change_between(before, state_of(session, meeting_id, stages))
    if not change:
        return
    _forget_undone(session, meeting_id)
    session.add(
        EditRow(
            meeting_id=meeting_id,
            stage=stage.value,
            made_at=moment,
            description=description,
            change=change,
            undone=False,
        )
    )


def _forget_undone(session: Session, meeting_id: str) -> None:
    session.execute(
        delete(EditRow).where(EditRow.meeting_id == meeting_id, EditRow.undone.is_(True))
    )


def _next(session: Session, meeting_id: str, stage: Stage, undone: bool) -> EditRow | None:
    """The step that undo (undone: redo) would take."""
    order = EditRow.id if undone else EditRow.id.desc()
    chosen = select(EditRow).where(
        EditRow.meeting_id == meeting_id,
        EditRow.stage == stage.value,
        EditRow.undone.is_(undone),
    )
    return session.scalar(chosen.order_by(order).limit(1))


def _correct(
    session: Session,
    meeting_id: str,
    stage: Stage,
    position: int,
    text: str,
    expected: str | None,
) -> None:
    segment = _segment(session, meeting_id, stage, position)
    if expected is not None and segment.text.split() != expected.split():
        raise _moved()
    words = reworded(segment.words, text)
    if words == segment.words:
        return
    machine = segment.machine if segment.machine is not None else segment.words
    # Typed back to what the recognizer wrote, it is no correction any more.
    same = "".join(w.text for w in words).split() == "".join(w.text for w in machine).split()
    changed = replace(segment, words=words, machine=None if same else machine)
    _replace(session, meeting_id, stage, position, [changed] if words else [])


def _replace(
    session: Session, meeting_id: str, stage: Stage, position: int, parts: list[Segment]
) -> None:
    """Put segments in the place of one."""
    rows = session.scalars(
        select(SegmentRow)
        .where(
            SegmentRow.meeting_id == meeting_id,
            SegmentRow.stage == stage.value,
            SegmentRow.position > position,
        )
        .order_by(SegmentRow.position)
    )
    after = [to_segment(row) for row in rows]
    transcript_rows.put_segments(session, meeting_id, stage, position, [*parts, *after])


def _row(session: Session, meeting_id: str, stage: Stage, position: int) -> SegmentRow:
    row = session.get(SegmentRow, (meeting_id, stage.value, position))
    if row is None:
        raise _moved()
    return row


def _segment(session: Session, meeting_id: str, stage: Stage, position: int) -> Segment:
    return to_segment(_row(session, meeting_id, stage, position))


def _free_label(session: Session, meeting_id: str) -> str:
    taken = {speaker.label for speaker in transcript_rows.get_speakers(session, meeting_id)}
    return next(label for n in range(1, len(taken) + 2) if (label := f"S{n}") not in taken)


def _moved() -> MeetingStateError:
    return MeetingStateError(
        "The transcript has changed in the meantime. Look at it again and repeat the step."
    )
