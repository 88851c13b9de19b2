"""Speaker names of one running meeting: typed by users, or from enrolled voices."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable
from typing import TypeVar

from meetcore.records import ProfileMatch, Speaker
from meetcore.store.meetings import MeetingStore
from meetcore.store.sqlite import busy_timeout

Value = TypeVar("Value")

RENAME_TIMEOUT_MS = 5_000
"""How long a name waits for another writer before it is refused; the page sends it again."""


class SpeakerNames:
    """Keeps the name of each speaker label, and what of it is not saved yet.

    A name that a person gave wins over that of an enrolled voice. `rename` is called from routes,
    `merge` from the meeting's thread, `save` and `set_match` from the saver's, `speaker` from any.
    Only `rename` and `save` wait for the store, one after the other, so that it gets the names in
    the order in which they were given.
    """

    def __init__(self, store: MeetingStore, meeting_id: str) -> None:
        self._store = store
        self._meeting_id = meeting_id
        self._writing = threading.Lock()
        self._lock = threading.Lock()
        """Guards what is in memory; never held while the store is asked."""
        self.version = 0
        """Grows with every change of a name."""
        self._names: dict[str, str] = {}
        self._unsaved_names: dict[str, str | None] = {}
        self._matches: dict[str, ProfileMatch] = {}
        self._unsaved_matches: dict[str, ProfileMatch] = {}
        self._named_by_hand: set[str] = set()
        """Labels that a person named, or whose name they removed: no voice names them again."""
        self._merged_into: dict[str, str] = {}

    def speaker(self, label: str) -> Speaker:
        """The speaker under the name a person gave, else under that of an enrolled voice."""
        name, match = self._names.get(label), self._matches.get(label)
        if name is not None or match is None:
            return Speaker(label, name)
        return Speaker(label, match.name, match.similarity, match.profile_id)

    def rename(self, label: str, name: str) -> None:
        """Save the name of a speaker; an empty one removes it.

        A label that was merged into another while a page still showed it names that other one.

        Raises
        ------
        StoreError
            It was not saved, and the name did not change; the user may try again.
        """
        name = name.strip()
        with self._writing:
            with self._lock:
                label = self._merged_label(label)
            with busy_timeout(RENAME_TIMEOUT_MS):
                self._store.rename_speaker(self._meeting_id, label, name or None)
            with self._lock:
                self._take(label, name)

    def _take(self, label: str, name: str) -> None:
        """Use a name that the store has under this label. Caller must hold `_lock`."""
        self._unsaved_names.pop(label, None)
        successor = self._merged_label(label)
        if successor != label:
            # The label was merged while the store was asked.
            self._unsaved_names |= {label: None, successor: name or None}
        self._drop_match(label)
        self._drop_match(successor)
        self._named_by_hand.add(successor)
        if name:
            self._names[successor] = name
            self._take_name(name, successor)
        else:
            self._names.pop(successor, None)
        self.version += 1

    def set_match(self, label: str, match: ProfileMatch) -> None:
        """Name a speaker after an enrolled voice, unless a person has named or unnamed it.

        A profile names one speaker: whom it named before loses the name, and a speaker to whom a
        person gave this name keeps it alone.
        """
        with self._lock:
            label = self._merged_label(label)
            if label in self._names or label in self._named_by_hand:
                return
            self._take_name(match.name, label)
            if match.name.casefold() in map(str.casefold, self._names.values()):
                self._take_name(match.name, "")
            elif self._matches.get(label) != match:
                self._matches[label] = self._unsaved_matches[label] = match
                self.version += 1

    def merge(self, relabelled: Iterable[tuple[str, str]]) -> None:
        """Move names along with labels that proved to be the same voice.

        Parameters
        ----------
        relabelled : pairs of the label that is gone and the one that replaces it; where both have
            a name, that of the second stays. No name stays on the first, as the second pass may
            give this label to another voice.
        """
        merged = dict(relabelled)
        if not merged:
            return
        with self._lock:
            self._merged_into.update(merged)
            self.version += 1
            for old in merged:
                new = self._merged_label(old)
                if old == new:
                    continue
                self._drop_match(old)
                name = self._names.pop(old, None)
                if name is None:
                    continue
                self._unsaved_names[old] = None
                if new not in self._names:
                    self._names[new] = self._unsaved_names[new] = name

    @property
    def has_unsaved(self) -> bool:
        """Whether `save` has something to do."""
        return bool(self._unsaved_names or self._unsaved_matches)

    def save(self, stored_labels: Collection[str]) -> None:
        """Write the names that changed; matches only for labels that the store has already.

        Raises
        ------
        StoreError
            The rest is kept for the next call.
        """
        with self._writing:
            with self._lock:
                names, matches = dict(self._unsaved_names), dict(self._unsaved_matches)
            for label, name in names.items():
                self._store.rename_speaker(self._meeting_id, label, name)
                self._drop_if_same(self._unsaved_names, label, name)
            for label, match in matches.items():
                if label not in stored_labels:
                    continue
                self._store.name_speaker_by_voice(
                    self._meeting_id, label, match.name, match.similarity, match.profile_id
                )
                self._drop_if_same(self._unsaved_matches, label, match)

    def _drop_if_same(self, unsaved: dict[str, Value], label: str, saved: Value) -> None:
        """Forget what was saved, unless it has changed meanwhile."""
        with self._lock:
            if label in unsaved and unsaved[label] == saved:
                del unsaved[label]

    def _take_name(self, name: str, keeper: str) -> None:
        """Remove a name from other speakers that an enrolled voice gave it to.

        Caller must hold `_lock`.
        """
        for label, match in list(self._matches.items()):
            if label != keeper and match.name.casefold() == name.casefold():
                self._unsaved_names[label] = None
                self._drop_match(label)
                self.version += 1

    def _drop_match(self, label: str) -> None:
        self._matches.pop(label, None)
        self._unsaved_matches.pop(label, None)

    def _merged_label(self, label: str) -> str:
        """The label after all merges; a circle of merges ends where it began."""
        seen = {label}
        while (successor := self._merged_into.get(label)) is not None and successor not in seen:
            label = successor
            seen.add(label)
        return label
