"""What the store knows of one running meeting; a write it refuses is tried again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable

from meetcore.errors import StoreError
from meetcore.records import Stage
from meetcore.session import IdentifierSession
from meetcore.store.meetings import MeetingStore

logger = logging.getLogger(__name__)


class Ledger:
    """Saves segments as they settle, and keeps the names given to speakers.

    `rename` and `set_title` come from pages, everything else from the meeting's thread.
    """

    def __init__(self, store: MeetingStore, meeting_id: str) -> None:
        self._store = store
        self._meeting_id = meeting_id
        self._names: dict[str, str] = {}
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._saved_duration = 0.0
        self.errors = 0
        """How many writes the store refused; what they held was tried again."""

    def name(self, label: str) -> str | None:
        """The name given to a speaker."""
        return self._names.get(label)

    def rename(self, label: str, name: str) -> None:
        """Name a speaker; an empty name takes it back."""
        with self._lock:
            self._store.rename_speaker(self._meeting_id, label, name or None)
            if name.strip():
                self._names[label] = name.strip()
            else:
                self._names.pop(label, None)

    def set_title(self, title: str) -> None:
        """Rename the meeting."""
        self._store.update(self._meeting_id, title=title)

    def merge(self, relabelled: Iterable[tuple[str, str]]) -> None:
        """Two labels proved to be one voice: a name given to either stays."""
        for old, new in relabelled:
            if old in self._names and new not in self._names:
                try:
                    self.rename(new, self._names[old])
                except StoreError:
                    self._refused()

    def save(self, session: IdentifierSession, duration: float) -> None:
        """Write what is new; keeps it for the next time when the store refuses."""
        try:
            self._save_words(session)
            if duration - self._saved_duration >= 5.0:
                self._store.update(self._meeting_id, duration=duration)
                self._saved_duration = duration
        except StoreError:
            self._refused()

    def _save_words(self, session: IdentifierSession) -> None:
        changes = session.changes()
        if changes is not None:
            labels = {item.speaker for item in changes.segments if item.speaker} - self._known
            if labels:
                self._store.ensure_speakers(self._meeting_id, sorted(labels))
                self._known |= labels
            self._store.replace_segments(
                self._meeting_id, changes.first_position, changes.segments, Stage.PROVISIONAL
            )
            session.mark_stored()
        rejected = session.take_rejected()
        if rejected:
            self._store.add_rejected(self._meeting_id, Stage.PROVISIONAL, rejected)

    def _refused(self) -> None:
        logger.exception("meeting %s: the store refused; it is tried again", self._meeting_id)
        self.errors += 1
