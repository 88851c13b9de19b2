"""Saves a running meeting's words, names and length; retries failed writes."""

from __future__ import annotations

import logging
import time

from meetcore.errors import MeetingNotFoundError, StoreError
from meetcore.live.speaker_names import SpeakerNames
from meetcore.models.error_counter import ErrorCounter
from meetcore.models.identifier_session import IdentifierSession
from meetcore.records import RejectedText, Stage
from meetcore.store.meetings import MeetingStore
from meetcore.store.retry import retry_write
from meetcore.store.sqlite import busy_timeout

logger = logging.getLogger(__name__)

RETRY_S = 2.0
"""Seconds between two tries; recognition goes on meanwhile instead of waiting for the store."""
BUSY_TIMEOUT_MS = 500
"""How long a write waits for another writer: short, as it delays the words on the page."""
LAST_WORDS_S = 20.0
"""How long the last save of a meeting is tried; the second pass recovers the words anyway."""
DURATION_S = 5.0
"""The length in the list of meetings is at most this much behind."""


class TranscriptSaver:
    """Writes one meeting's words, names and length to the store, on the meeting's thread.

    Parameters
    ----------
    names : the speakers' names, saved along with the words
    errors : counts the writes that failed
    """

    def __init__(
        self, store: MeetingStore, meeting_id: str, names: SpeakerNames, errors: ErrorCounter
    ) -> None:
        self._store = store
        self._meeting_id = meeting_id
        self._names = names
        self._errors = errors
        self._stored_labels: set[str] = set()
        self._rejected: list[RejectedText] = []
        self._saved_duration = 0.0
        self._retry_at = float("-inf")
        self._is_deleted = False

    def save(self, session: IdentifierSession, duration: float) -> bool:
        """Save what is new; False where the store refuses, or did within the last RETRY_S.

        What was not saved is saved by a later call.
        """
        if time.monotonic() < self._retry_at:
            return False
        try:
            self._save(session, duration)
        except StoreError:
            self._retry_at = time.monotonic() + RETRY_S
            return False
        return True

    def save_last(self, session: IdentifierSession, duration: float) -> bool:
        """Save what is new at the end of a meeting, trying for LAST_WORDS_S; False if it failed."""
        try:
            retry_write(
                lambda: self._save(session, duration), wait_s=RETRY_S, give_up_s=LAST_WORDS_S
            )
        except StoreError:
            return False
        return True

    def _save(self, session: IdentifierSession, duration: float) -> None:
        """Write everything that is new; nothing once the meeting was deleted elsewhere."""
        if self._is_deleted:
            return
        try:
            with busy_timeout(BUSY_TIMEOUT_MS):
                self._save_words(session)
                self._names.save(self._stored_labels)
                self._save_rejected(session)
                self._save_duration(duration)
        except MeetingNotFoundError:
            logger.warning("meeting %s: it is no longer in the store", self._meeting_id)
            self._is_deleted = True
        except StoreError as error:
            logger.exception("meeting %s: the store refused; it is tried again", self._meeting_id)
            self._errors.add(error)
            raise

    def _save_words(self, session: IdentifierSession) -> None:
        changes = session.changes()
        if changes is None:
            return
        labels = {item.speaker for item in changes.segments if item.speaker} - self._stored_labels
        if labels:
            self._store.ensure_speakers(self._meeting_id, sorted(labels))
            self._stored_labels |= labels
        self._store.replace_segments(
            self._meeting_id,
            changes.first_position,
            changes.segments,
            Stage.PROVISIONAL,
            changes.merged,
        )
        session.mark_stored()

    def _save_rejected(self, session: IdentifierSession) -> None:
        self._rejected.extend(session.take_rejected())
        if self._rejected:
            self._store.add_rejected(self._meeting_id, Stage.PROVISIONAL, self._rejected)
            self._rejected.clear()

    def _save_duration(self, duration: float) -> None:
        if abs(duration - self._saved_duration) >= DURATION_S:
            self._store.update(self._meeting_id, duration=duration)
            self._saved_duration = duration
