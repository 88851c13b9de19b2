"""Edits of a transcript by a user, each of which can be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from meetcore.records import EditState, Stage
from meetcore.store import transcript_rows
from meetcore.store.database import Database
from meetcore.store.edits import operations, requests
from meetcore.store.edits.history import edit_state, recording_edit, undo_or_redo
from meetcore.store.queries import locked_meeting_row, meeting_row, stage_in_force
from meetcore.store.search import index

Change = Callable[[Session, Stage], str | None]
"""Changes the rows of a stage; gives the result of the edit, where it has one."""


class Editor:
    """Edits the transcript in force; every method is one transaction, callable from any thread.

    Parameters
    ----------
    request_key : str
        Key of the request that makes the edit; "" where a repeated call is a second edit.

    Raises
    ------
    StoreError
        From every method: the database refused. Try again, or show the message.
    MeetingNotFoundError
        From every method: there is no such meeting; reload the list.
    MeetingStateError
        From every edit: what is to be changed was changed or removed since; reload the transcript.
    """

    def __init__(
        self, database: Database, clock: Callable[[], datetime], request_key: str = ""
    ) -> None:
        self._database = database
        self._clock = clock
        self._request_key = request_key

    def for_request(self, key: str) -> Editor:
        """An editor whose edit is made once per key and meeting, also after a restart.

        A repeated call returns what the first one returned and changes nothing.
        """
        return Editor(self._database, self._clock, key)

    def correct(
        self, meeting_id: str, position: int, text: str, expected: str | None = None
    ) -> None:
        """Replace the text of a segment; a blank text removes the segment.

        Parameters
        ----------
        expected : str, optional
            The text that the user saw.

        Raises
        ------
        MeetingStateError
            The store has another text than `expected`, or no such segment; reload the transcript.
        """
        self._edit(
            meeting_id,
            "Correction of a passage",
            lambda session, stage: operations.correct(
                session, meeting_id, stage, position, text, expected
            ),
        )

    def correct_word(
        self,
        meeting_id: str,
        position: int,
        word_index: int,
        text: str,
        expected: str | None = None,
    ) -> None:
        """Replace one word of a segment; a blank text removes it.

        Parameters
        ----------
        expected : str, optional
            The word that the user saw.

        Raises
        ------
        MeetingStateError
            The store has another word than `expected`, or no such word; reload the transcript.
        """
        self._edit(
            meeting_id,
            "Correction of a word",
            lambda session, stage: operations.correct_word(
                session, meeting_id, stage, position, word_index, text, expected
            ),
        )

    def assign(self, meeting_id: str, positions: Iterable[int], label: str | None = None) -> str:
        """Assign segments to a speaker (None: to a new one); returns the speaker's label."""
        return self._edit(
            meeting_id,
            "Change of speaker",
            lambda session, stage: operations.assign(session, meeting_id, stage, positions, label),
        )

    def split(
        self, meeting_id: str, position: int, word_index: int, label: str | None = None
    ) -> str:
        """Split a segment before a word and assign the second part to a speaker (None: a new one).

        Returns the speaker's label.

        Raises
        ------
        MeetingStateError
            There is no such segment, or the word is not within it; reload the transcript.
        """
        return self._edit(
            meeting_id,
            "Split of a passage",
            lambda session, stage: operations.split(
                session, meeting_id, stage, position, word_index, label
            ),
        )

    def merge_speakers(self, meeting_id: str, label: str, into: str) -> None:
        """Merge a speaker into another in all stages, and take its name if the other has none."""
        if label == into:
            return
        self._edit(
            meeting_id,
            "Merge of two speakers",
            lambda session, _: operations.merge_speakers(session, meeting_id, label, into),
            every_stage=True,
        )

    def rename(self, meeting_id: str, label: str, name: str | None) -> None:
        """Name a speaker; None or blanks remove the name."""
        self._edit(
            meeting_id,
            "Name of a speaker",
            lambda session, _: transcript_rows.put_name(session, meeting_id, label, name),
        )

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
        def change(session: Session, stage: Stage) -> str | None:
            return undo_or_redo(session, meeting_id, stage, redo=redo)

        return self._once(meeting_id, change) or None

    def _edit(
        self, meeting_id: str, description: str, change: Change, every_stage: bool = False
    ) -> str:
        """Make and record a change as one edit, where it changes anything; gives its result."""

        def recorded_change(session: Session, stage: Stage) -> str | None:
            changing = [*Stage] if every_stage else [stage]
            with recording_edit(session, meeting_id, stage, changing, description, self._clock()):
                return change(session, stage)

        return self._once(meeting_id, recorded_change)

    def _once(self, meeting_id: str, change: Change) -> str:
        """Run a change in one transaction; the earlier result where its request was made before."""
        key = self._request_key
        with self._database.writing() as session:
            meeting = locked_meeting_row(session, meeting_id)
            if key:
                earlier = requests.earlier_result(session, meeting_id, key)
                if earlier is not None:
                    return earlier
            result = change(session, stage_in_force(session, meeting)) or ""
            if key:
                requests.store_result(session, meeting_id, key, result, self._clock())
            index.refresh(session, meeting)
            return result
