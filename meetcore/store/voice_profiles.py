"""Enrolled voice profiles in the database."""

from __future__ import annotations

import secrets
from builtins import list as List
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

import numpy as np
import numpy.typing as npt
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from meetcore.errors import StoreError
from meetcore.records import Profile, VoiceClip
from meetcore.store.damage import DAMAGE, DamagedRowError, moment, number, readable, text
from meetcore.store.database import Database
from meetcore.store.schema import ClipRow, ProfileRow, SpeakerRow

Embedding = npt.NDArray[np.float32]
"""Shape (n_dimensions,), float32, unit length."""


class ProfileStore:
    """Reads and writes voice profiles; every method is one transaction, callable from any thread.

    Raises
    ------
    StoreError
        From every method: the database refused, or there is no profile with this id. Show the
        message; it says what to do.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def list(self) -> List[Profile]:
        """All profiles, sorted by name."""
        with self._database.reading() as session:
            rows = session.scalars(select(ProfileRow)).all()
            clips = _clips(session, (row.id for row in rows))
            found = (readable(partial(_profile, row, clips.get(row.id, ()))) for row in rows)
            profiles = [profile for profile in found if profile is not None]
        return sorted(profiles, key=lambda profile: (profile.name.casefold(), profile.created_at))

    def get(self, profile_id: str) -> Profile:
        """The profile with this id."""
        with self._database.reading() as session:
            row = _profile_row(session, profile_id)
            return _profile(row, _clips(session, [profile_id]).get(profile_id, ()))

    def add(
        self, name: str, weight: str, embedding: Embedding, duration: float, clip: VoiceClip | None
    ) -> Profile:
        """Create a profile from one meeting.

        Parameters
        ----------
        weight : str
            Name of the embedding model's weight.
        embedding : np.ndarray, shape (n_dimensions,), float32, unit length
        duration : float
            Seconds of speech the embedding was computed from.
        clip : VoiceClip, optional
            A stretch of the recording with this voice.
        """
        moment = self._clock()
        row = ProfileRow(
            id=secrets.token_hex(8),
            name=name.strip(),
            weight=weight,
            embedding=_bytes(embedding),
            duration=float(duration),
            meetings=1,
            created_at=moment,
            updated_at=moment,
        )
        with self._database.writing() as session:
            session.add(row)
            session.flush()
            _add_clip(session, row.id, clip)
            session.flush()
            return _profile(row, _clips(session, [row.id]).get(row.id, ()))

    def update_embedding(
        self, profile_id: str, embedding: Embedding, duration: float, clip: VoiceClip | None
    ) -> Profile:
        """Replace the embedding by one computed with another meeting's speech too.

        Parameters
        ----------
        embedding : np.ndarray, shape (n_dimensions,), float32, unit length
        duration : float
            Seconds of speech behind the new embedding, over all meetings.
        clip : VoiceClip, optional
            A stretch of that meeting's recording; a meeting counts once.
        """
        with self._database.writing() as session:
            row = _profile_row(session, profile_id)
            row.embedding, row.duration = _bytes(embedding), float(duration)
            row.updated_at = self._clock()
            known = _clips(session, [profile_id]).get(profile_id, ())
            if clip is None or clip.meeting_id not in {item.meeting_id for item in known}:
                row.meetings += 1
                _add_clip(session, profile_id, clip)
                session.flush()
            return _profile(row, _clips(session, [profile_id]).get(profile_id, ()))

    def rename(self, profile_id: str, name: str) -> None:
        """Rename a profile, and every speaker that was named after it.

        Raises
        ------
        StoreError
            The name is blank, or there is no such profile.
        """
        name = name.strip()
        if not name:
            raise StoreError("A voice needs a name. Type one.")
        with self._database.writing() as session:
            row = _profile_row(session, profile_id)
            row.name, row.updated_at = name, self._clock()
            session.execute(
                update(SpeakerRow).where(SpeakerRow.profile_id == profile_id).values(name=name)
            )

    def merge(self, profile_id: str, into: str, embedding: Embedding, duration: float) -> None:
        """Merge a profile into another, which gets the given embedding, and delete the first.

        Parameters
        ----------
        embedding : np.ndarray, shape (n_dimensions,), float32, unit length
            Of both profiles' speech.
        duration : float
            Seconds of speech of both.
        """
        with self._database.writing() as session:
            merged, kept = _profile_row(session, profile_id), _profile_row(session, into)
            kept.embedding, kept.duration = _bytes(embedding), float(duration)
            kept.meetings += merged.meetings
            kept.updated_at = self._clock()
            session.execute(
                update(ClipRow).where(ClipRow.profile_id == profile_id).values(profile_id=into)
            )
            session.execute(
                update(SpeakerRow)
                .where(SpeakerRow.profile_id == profile_id)
                .values(profile_id=into, name=kept.name)
            )
            session.flush()
            session.execute(delete(ProfileRow).where(ProfileRow.id == profile_id))

    def delete(self, profile_id: str) -> None:
        """Delete a profile; speakers named after it keep the name, as a typed one."""
        with self._database.writing() as session:
            session.execute(
                update(SpeakerRow)
                .where(SpeakerRow.profile_id == profile_id)
                .values(profile_id=None, similarity=None)
            )
            session.execute(delete(ClipRow).where(ClipRow.profile_id == profile_id))
            session.execute(delete(ProfileRow).where(ProfileRow.id == profile_id))


def _profile_row(session: Session, profile_id: str) -> ProfileRow:
    row = session.get(ProfileRow, profile_id)
    if row is None:
        raise StoreError("This voice is not enrolled any more. Reload the page.")
    return row


def _bytes(embedding: Embedding) -> bytes:
    return np.asarray(embedding, dtype="<f4").tobytes()


def _add_clip(session: Session, profile_id: str, clip: VoiceClip | None) -> None:
    if clip is not None:
        session.add(
            ClipRow(
                profile_id=profile_id,
                meeting_id=clip.meeting_id,
                start=float(clip.start),
                end=float(clip.end),
            )
        )


def _clips(session: Session, profile_ids: Iterable[str]) -> dict[str, tuple[VoiceClip, ...]]:
    chosen = select(ClipRow).where(ClipRow.profile_id.in_(list(profile_ids))).order_by(ClipRow.id)
    found: dict[str, tuple[VoiceClip, ...]] = {}
    for row in session.scalars(chosen):
        clip = VoiceClip(row.meeting_id, row.start, row.end)
        found[row.profile_id] = (*found.get(row.profile_id, ()), clip)
    return found


def _profile(row: ProfileRow, clips: tuple[VoiceClip, ...]) -> Profile:
    def read() -> Profile:
        vector = np.frombuffer(row.embedding, dtype="<f4").astype(np.float32)
        if not vector.size or not np.isfinite(vector).all():
            raise ValueError("no embedding")
        return Profile(
            row.id,
            text(row.name),
            text(row.weight),
            vector,
            number(row.duration),
            moment(row.created_at),
            moment(row.updated_at),
            clips,
            int(number(row.meetings)),
        )

    try:
        return read()
    except DAMAGE:
        pass  # raised below, where the error gets no context
    raise DamagedRowError("A voice in the database is damaged. Enrol it again from a meeting.")
