"""`TranscriptSaver`: saves a running meeting's words, names and length on a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from meetcore.errors import MeetingNotFoundError
from meetcore.live.speaker_names import SpeakerNames
from meetcore.live.unsaved import Unsaved
from meetcore.models.error_counter import ErrorCounter
from meetcore.models.identifier_session import IdentifierSession
from meetcore.records import Stage
from meetcore.store.meetings import MeetingStore
from meetcore.store.sqlite import busy_timeout

logger = logging.getLogger(__name__)

RETRY_S = 1.0
"""Seconds between two tries while the store refuses."""
BUSY_TIMEOUT_MS = 500
"""How long one write waits for another writer; a try that fails is repeated."""
SHOW_AFTER_S = 0.3
"""How long new words wait to be saved before a page may show them. A save takes some milliseconds;
while the store refuses, words are shown unsaved, and the health says so."""
LAST_SAVE_S = 20.0
"""How long the last save of a meeting is tried; the second pass recovers the words anyway."""
DURATION_S = 5.0
"""The length in the list of meetings is at most this much behind."""


class TranscriptSaver:
    """Owns the thread that writes one meeting's words, names and length to the store.

    The meeting's thread hands over what is new with `put` and waits for it a moment at most
    (`wait`), so that a store that refuses delays no recognition. What was refused is joined with
    what came later and tried again, in order.

    Parameters
    ----------
    names : the speakers' names, saved along with the words
    errors : counts the writes that failed
    on_deleted : called once on the saver's thread when the meeting is no longer in the store
    """

    def __init__(
        self,
        store: MeetingStore,
        meeting_id: str,
        names: SpeakerNames,
        errors: ErrorCounter,
        on_deleted: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._meeting_id = meeting_id
        self._names = names
        self._errors = errors
        self._on_deleted = on_deleted
        self._changed = threading.Condition()
        self._unsaved = Unsaved()
        self._duties: dict[str, Callable[[], None]] = {}
        self._duration = 0.0
        self._saved_duration = 0.0
        self._stored_labels: set[str] = set()
        self._put = 0
        self._saved = 0
        self._since: float | None = None
        self._refuses = False
        self._give_up_at: float | None = None
        self._is_deleted = False
        self._thread = threading.Thread(target=self._run, name=f"saver-{meeting_id}", daemon=True)

    def start(self) -> None:
        """Begin to save."""
        self._thread.start()

    @property
    def unsaved_for(self) -> float:
        """Seconds since the oldest change that is not saved; 0 when all are."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since

    def put(self, session: IdentifierSession, duration: float) -> None:
        """Take over what is new in a session. Called by the meeting's thread; returns at once."""
        changes = session.changes()
        session.mark_stored()
        new = Unsaved(changes, session.take_rejected())
        with self._changed:
            self._duration = duration
            if not new and not self._names.has_unsaved and not self._is_duration_due():
                return
            self._unsaved = self._unsaved.followed_by(new)
            self._put += 1
            if self._since is None:
                self._since = time.monotonic()
            self._changed.notify_all()

    def later(self, name: str, duty: Callable[[], None]) -> None:
        """Do something that reads or writes the store; of each name the newest duty is done.

        It is repeated after a StoreError.
        """
        with self._changed:
            self._duties[name] = duty
            self._changed.notify_all()

    def wait(self) -> bool:
        """Wait until all that was put is saved; False where that takes more than SHOW_AFTER_S.

        While the store refuses it returns at once, until the store has caught up.
        """
        with self._changed:
            if self._saved < self._put and not self._refuses:
                self._changed.wait_for(
                    lambda: self._saved == self._put or self._refuses, SHOW_AFTER_S
                )
                self._refuses = self._saved < self._put
            return self._saved == self._put

    def stop(self) -> bool:
        """Save the rest, trying for LAST_SAVE_S, and end the thread; False if it was not saved.

        Idempotent.
        """
        with self._changed:
            self._give_up_at = time.monotonic() + LAST_SAVE_S
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        return self._saved == self._put

    def _run(self) -> None:
        """The thread: save what is new, and try again what was refused, until stopped."""
        while self._wait_for_work():
            try:
                self._save_all()
            except Exception as error:
                logger.exception("meeting %s: not saved; it is tried again", self._meeting_id)
                self._errors.add(error)
                if not self._wait_for_retry():
                    return

    def _wait_for_retry(self) -> bool:
        """Wait before the next try, until `stop` at most; False when it is too late for one."""
        with self._changed:
            self._refuses = True
            self._changed.notify_all()
            if self._give_up_at is None:
                self._changed.wait_for(lambda: self._give_up_at is not None, RETRY_S)
                return True
            left = self._give_up_at - time.monotonic()
            self._changed.wait(max(0.0, min(RETRY_S, left)))
            return left > 0

    def _wait_for_work(self) -> bool:
        """Wait until there is something to save; False when the thread is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_work() or self._give_up_at is not None)
            return self._has_work()

    def _has_work(self) -> bool:
        return self._saved < self._put or bool(self._duties)

    def _is_duration_due(self) -> bool:
        return abs(self._duration - self._saved_duration) >= DURATION_S

    def _save_all(self) -> None:
        """Save what is there now; what an error keeps from being saved waits for the next try."""
        with self._changed:
            put, unsaved, duties = self._put, self._unsaved, self._duties
            self._unsaved, self._duties = Unsaved(), {}
        try:
            with busy_timeout(BUSY_TIMEOUT_MS):
                for name in list(duties):
                    duties[name]()
                    del duties[name]
                if not self._is_deleted:
                    unsaved = self._save_words(unsaved)
                    unsaved = self._save_rejected(unsaved)
                    self._names.save(self._stored_labels)
                    self._save_duration()
        except MeetingNotFoundError:
            self._note_deletion()
        except Exception:
            with self._changed:
                self._unsaved = unsaved.followed_by(self._unsaved)
                self._duties = duties | self._duties
            raise
        with self._changed:
            self._saved = put
            self._refuses = False
            self._since = None if self._saved == self._put else time.monotonic()
            self._changed.notify_all()

    def _save_words(self, unsaved: Unsaved) -> Unsaved:
        """What is left of it once the words are saved."""
        changes = unsaved.segments
        if changes is None:
            return unsaved
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
        return Unsaved(None, unsaved.rejected)

    def _save_rejected(self, unsaved: Unsaved) -> Unsaved:
        if unsaved.rejected:
            self._store.add_rejected(self._meeting_id, Stage.PROVISIONAL, unsaved.rejected)
        return Unsaved()

    def _save_duration(self) -> None:
        if self._is_duration_due():
            duration = self._duration
            self._store.update(self._meeting_id, duration=duration)
            self._saved_duration = duration

    def _note_deletion(self) -> None:
        """Save nothing more once another process has deleted the meeting."""
        if not self._is_deleted:
            logger.warning("meeting %s: it is no longer in the store", self._meeting_id)
            self._is_deleted = True
            self._on_deleted()
