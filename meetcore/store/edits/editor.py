"""Edits of a transcript by a user, each of which can be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from meetcore.records import Segment, Stage
from meetcore.store import transcript_rows
from meetcore.store.database import Database
from meetcore.store.edits.history import (
    EditState,
    changed_meanwhile,
    edit_state,
    recorded,
    undo_or_redo,
)
from meetcore.store.edits.rewording import reworded
from meetcore.store.queries import locked_meeting_row, meeting_row, segments_of, stage_in_force
from meetcore.store.rows import to_segment
from meetcore.store.schema import SegmentRow, SpeakerRow
from meetcore.store.search import index


class Editor:
    """Edits the transcript in force; every method is one transaction, callable from any thread.

    Raises
    ------
    StoreError
        From every method: the database refused. Try again, or show the message.
    MeetingNotFoundError
        From every method: there is no such meeting; reload the list.
    MeetingStateError
        From every edit: what is to be changed was changed or removed since; reload the transcript.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def correct(
        self, meeting_id: str, position: int, text: str, expected: str | None = None
    ) -> None:
        """Replace the text of a segment; a blank text removes the segment.

        Parameters
        ----------
        expected : str, optional
            The text that the user saw; another text in the store is a MeetingStateError.
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
        """Replace one word of a segment; a blank text removes it. `expected` as in `correct`."""
        with self._step(meeting_id, "Correction of a word") as (session, stage):
            segment = _segment(session, meeting_id, stage, position)
            if not 0 <= word_index < len(segment.words):
                raise changed_meanwhile()
            if expected is not None and segment.words[word_index].text.strip() != expected.strip():
                raise changed_meanwhile()
            texts = [word.text for word in segment.words]
            lead = " " if texts[word_index].startswith(" ") else ""
            texts[word_index] = f"{lead}{text.strip()}" if text.strip() else ""
            _correct(session, meeting_id, stage, position, "".join(texts), None)

    def assign(self, meeting_id: str, positions: Iterable[int], label: str | None = None) -> str:
        """Assign segments to a speaker (None: to a new one); returns the speaker's label."""
        with self._step(meeting_id, "Change of speaker") as (session, stage):
            label = label or _free_label(session, meeting_id)
            transcript_rows.put_speakers(session, meeting_id, [label])
            for position in positions:
                _row(session, meeting_id, stage, position).speaker = label
        return label

    def split(
        self, meeting_id: str, position: int, word_index: int, label: str | None = None
    ) -> str:
        """Split a segment before a word and assign the second part to a speaker (None: a new one).

        Returns the speaker's label.
        """
        with self._step(meeting_id, "Split of a passage") as (session, stage):
            segment = _segment(session, meeting_id, stage, position)
            if not 0 < word_index < len(segment.words):
                raise changed_meanwhile()
            label = label or _free_label(session, meeting_id)
            head, tail = segment.words[:word_index], segment.words[word_index:]
            cut = max(segment.start, min(segment.end, tail[0].start))
            # Without `machine`: which of the recognizer's words belong to which part is unknown.
            parts = [
                Segment(segment.start, cut, segment.speaker, head),
                Segment(cut, segment.end, label, tail),
            ]
            _replace(session, meeting_id, stage, position, parts)
        return label

    def merge_speakers(self, meeting_id: str, label: str, into: str) -> None:
        """Merge a speaker into another in all stages, and take its name if the other has none."""
        if label == into:
            return
        with self._step(meeting_id, "Merge of two speakers", every_stage=True) as (session, _):
            merged = session.get(SpeakerRow, (meeting_id, label))
            transcript_rows.put_speakers(session, meeting_id, [into])
            kept = session.get_one(SpeakerRow, (meeting_id, into))
            if merged is not None and kept.name is None:
                kept.name, kept.similarity = merged.name, merged.similarity
                kept.profile_id = merged.profile_id
            session.execute(
                update(SegmentRow)
                .where(SegmentRow.meeting_id == meeting_id, SegmentRow.speaker == label)
                .values(speaker=into)
            )
            turns = transcript_rows.get_turns(session, meeting_id)
            renamed = [replace(t, speaker=into) if t.speaker == label else t for t in turns]
            if turns:
                transcript_rows.put_turns(session, meeting_id, renamed)
            if merged is not None:
                session.delete(merged)

    def rename(self, meeting_id: str, label: str, name: str | None) -> None:
        """Name a speaker; None or blanks remove the name."""
        with self._step(meeting_id, "Name of a speaker") as (session, _):
            transcript_rows.put_name(session, meeting_id, label, name)

    def undo(self, meeting_id: str) -> str | None:
        """Undo the last edit; returns its description, None where there is none."""
        return self._undo_or_redo(meeting_id, redo=False)

    def redo(self, meeting_id: str) -> str | None:
        """Redo the edit that was undone last; returns its description, None where there is none."""
        return self._undo_or_redo(meeting_id, redo=True)

    def state(self, meeting_id: str) -> EditState:
        """What undo and redo would do now."""
        with self._database.reading() as session:
            stage = stage_in_force(session, meeting_row(session, meeting_id))
            return edit_state(session, meeting_id, stage)

    def _undo_or_redo(self, meeting_id: str, redo: bool) -> str | None:
        with self._database.writing() as session:
            meeting = locked_meeting_row(session, meeting_id)
            stage = stage_in_force(session, meeting)
            description = undo_or_redo(session, meeting_id, stage, redo=redo)
            if description is not None:
                index.refresh(session, meeting)
            return description

    @contextmanager
    def _step(
        self, meeting_id: str, description: str, every_stage: bool = False
    ) -> Iterator[tuple[Session, Stage]]:
        """A transaction recorded as one edit, where it changes anything."""
        with self._database.writing() as session:
            meeting = locked_meeting_row(session, meeting_id)
            stage = stage_in_force(session, meeting)
            changing = [*Stage] if every_stage else [stage]
            with recorded(session, meeting_id, stage, changing, description, self._clock()):
                yield session, stage
            index.refresh(session, meeting)


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
        raise changed_meanwhile()
    words = reworded(segment.words, text)
    if words == segment.words:
        return
    machine = segment.machine if segment.machine is not None else segment.words
    # Corrected back to the recognizer's own text, it does not count as corrected.
    same = "".join(w.text for w in words).split() == "".join(w.text for w in machine).split()
    changed = replace(segment, words=words, machine=None if same else machine)
    _replace(session, meeting_id, stage, position, [changed] if words else [])


def _replace(
    session: Session, meeting_id: str, stage: Stage, position: int, parts: list[Segment]
) -> None:
    """Replace one segment by others."""
    rows = session.scalars(
        select(SegmentRow)
        .where(*segments_of(meeting_id, stage), SegmentRow.position > position)
        .order_by(SegmentRow.position)
    )
    after = [to_segment(row) for row in rows]
    transcript_rows.put_segments(session, meeting_id, stage, position, [*parts, *after])


def _row(session: Session, meeting_id: str, stage: Stage, position: int) -> SegmentRow:
    row = session.get(SegmentRow, (meeting_id, stage.value, position))
    if row is None:
        raise changed_meanwhile()
    return row


def _segment(session: Session, meeting_id: str, stage: Stage, position: int) -> Segment:
    return to_segment(_row(session, meeting_id, stage, position))


def _free_label(session: Session, meeting_id: str) -> str:
    taken = {speaker.label for speaker in transcript_rows.get_speakers(session, meeting_id)}
    return next(label for n in range(1, len(taken) + 2) if (label := f"S{n}") not in taken)
