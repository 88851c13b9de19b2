"""What the store knows of one running meeting; a write it refuses is tried again."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable

from meetcore.diarization.profiles.matching import ProfileMatch
from meetcore.errors import MeetingNotFoundError, StoreError
from meetcore.models.identifier_session import IdentifierSession
from meetcore.records import RejectedText, Speaker, Stage
from meetcore.records.trouble import Trouble, Troubles
from meetcore.store.meetings import MeetingStore
from meetcore.store.sqlite import busy_timeout

logger = logging.getLogger(__name__)

RETRY_S = 2.0
"""After a refusal the store is left alone for this long: recognition must not wait for it."""
PATIENCE_MS = 500
"""How long a write waits for another writer: people read along, and it is tried again."""
LAST_WORDS_S = 20.0
"""How long the end of a meeting is tried to be saved; the second pass hears it again anyway."""
DURATION_S = 5.0
"""The length in the list of meetings is at most this much behind."""


class Ledger:
    """Saves segments as they settle, and keeps the names given to speakers.

    `rename` and `set_title` come from pages, everything else from the meeting's thread.
    """

    def __init__(
        self,
        store: MeetingStore,
        meeting_id: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._meeting_id = meeting_id
        self._clock = clock
        self._names: dict[str, str] = {}
        self._unsaved_names: dict[str, str | None] = {}
        self._voices: dict[str, ProfileMatch] = {}
        self._unsaved_voices: dict[str, ProfileMatch] = {}
        self._nameless: set[str] = set()
        """Labels whose name a person took back: no voice names them again."""
        self._successors: dict[str, str] = {}
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._rejected: list[RejectedText] = []
        self._saved_duration = 0.0
        self._retry_at = clock()
        self._troubles = Troubles(clock)

    @property
    def trouble(self) -> Trouble:
        """Writes that the store refused; what they held was tried again."""
        return self._troubles.view()

    def name(self, label: str) -> str | None:
        """The name given to a speaker."""
        return self._names.get(label)

    def speaker(self, label: str) -> Speaker:
        """A speaker under the name a person gave, else that of an enrolled voice."""
        name, voice = self._names.get(label), self._voices.get(label)
        if name is not None or voice is None:
            return Speaker(label, name)
        return Speaker(label, voice.name, voice.similarity, voice.profile_id)

    def recognise(self, label: str, found: ProfileMatch) -> None:
        """An enrolled voice was heard; what a person said stands."""
        with self._lock:
            label = self._last_of(label)
            if label not in self._names and label not in self._nameless:
                self._voices[label] = self._unsaved_voices[label] = found

    def rename(self, label: str, name: str) -> None:
        """Name a speaker; an empty name takes it back.

        A label that a page still shows, though it proved to be another's, names that other.
        """
        with self._lock:
            label = self._last_of(label)
            self._store.rename_speaker(self._meeting_id, label, name.strip() or None)
            self._unsaved_names.pop(label, None)
            self._voices.pop(label, None)
            self._unsaved_voices.pop(label, None)
            self._nameless.add(label)
            if name.strip():
                self._names[label] = name.strip()
            else:
                self._names.pop(label, None)

    def set_title(self, title: str) -> None:
        """Rename the meeting."""
        self._store.update(self._meeting_id, title=title)

    def merge(self, relabelled: Iterable[tuple[str, str]]) -> None:
        """Two labels proved to be one voice: a name given to either stays, with the one left.

        A name must not stay behind on the label that is gone: the second pass may give that
        label to somebody else.
        """
        merged = dict(relabelled)
        if not merged:
            return
        with self._lock:
            self._successors.update(merged)
            for old in merged:
                new = self._last_of(old)
                if old != new:
                    self._voices.pop(old, None)
                    self._unsaved_voices.pop(old, None)
                if old == new or (name := self._names.pop(old, None)) is None:
                    continue
                self._unsaved_names[old] = None
                if new not in self._names:
                    self._names[new] = self._unsaved_names[new] = name

    def save(self, session: IdentifierSession, duration: float) -> bool:
        """Write what is new; False when the store refuses: it is kept for the next time."""
        if self._clock() < self._retry_at:
            return math.isinf(self._retry_at)
        try:
            with busy_timeout(PATIENCE_MS):
                self._save_all(session, duration)
        except MeetingNotFoundError:
            # Deleted from elsewhere: there is nothing left to save it in.
            logger.warning("meeting %s: it is gone from the store", self._meeting_id)
            self._retry_at = math.inf
        except StoreError as error:
            logger.exception("meeting %s: the store refused; it is tried again", self._meeting_id)
            self._troubles.note(error)
            self._retry_at = self._clock() + RETRY_S
            return False
        return True

    def _save_all(self, session: IdentifierSession, duration: float) -> None:
        self._save_words(session)
        self._save_names()
        self._save_rejected(session)
        if abs(duration - self._saved_duration) >= DURATION_S:
            self._store.update(self._meeting_id, duration=duration)
            self._saved_duration = duration

    def save_last(self, session: IdentifierSession, duration: float) -> bool:
        """Write all there is, waiting a while for a store that refuses."""
        deadline = self._clock() + LAST_WORDS_S
        self._retry_at = self._retry_at if math.isinf(self._retry_at) else self._clock()
        while not self.save(session, duration):
            if self._clock() >= deadline:
                return False
            time.sleep(min(0.5, RETRY_S))
        return True

    def _save_words(self, session: IdentifierSession) -> None:
        changes = session.changes()
        if changes is None:
            return
        labels = {item.speaker for item in changes.segments if item.speaker} - self._known
        if labels:
            self._store.ensure_speakers(self._meeting_id, sorted(labels))
            self._known |= labels
        self._store.replace_segments(
            self._meeting_id, changes.first_position, changes.segments, Stage.PROVISIONAL
        )
        session.mark_stored()

    def _save_names(self) -> None:
        with self._lock:
            for label, name in list(self._unsaved_names.items()):
                self._store.rename_speaker(self._meeting_id, label, name)
                del self._unsaved_names[label]
            for label in [each for each in self._unsaved_voices if each in self._known]:
                found = self._unsaved_voices[label]
                self._store.name_speaker_by_voice(
                    self._meeting_id, label, found.name, found.similarity, found.profile_id
                )
                del self._unsaved_voices[label]

    def _save_rejected(self, session: IdentifierSession) -> None:
        self._rejected.extend(session.take_rejected())
        if self._rejected:
            self._store.add_rejected(self._meeting_id, Stage.PROVISIONAL, self._rejected)
            self._rejected.clear()

    def _last_of(self, label: str) -> str:
        """Whose label it is after all merges; a circle ends where it began."""
        seen = {label}
        while (successor := self._successors.get(label)) is not None and successor not in seen:
            label = successor
            seen.add(label)
        return label
