"""Compares the voices of a meeting with enrolled profiles, and names those it knows."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping

from meetcore.diarization.profiles.matching import EnrolledVoice, ProfileMatch, match_profiles
from meetcore.diarization.scoring import Voice
from meetcore.errors import StoreError
from meetcore.records import Profile
from meetcore.store.meetings import MeetingStore

logger = logging.getLogger(__name__)

FRESH_S = 3.0
"""Seconds for which a list of profiles is reused: every running meeting asks for it."""


class KnownVoices:
    """Compares a meeting's voices with the profiles there are. Safe from several threads."""

    def __init__(self, store: MeetingStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._known: list[EnrolledVoice] = []
        self._read_at = float("-inf")

    def forget(self) -> None:
        """The profiles changed."""
        self._read_at = float("-inf")

    def any(self) -> bool:
        """Whether there is anybody to be recognised."""
        return bool(self._profiles())

    def match(self, voices: Mapping[str, Voice], weight: str) -> dict[str, ProfileMatch]:
        """Who of a meeting is known."""
        profiles = self._profiles()
        return match_profiles(voices, profiles, weight) if profiles and voices else {}

    def name_known_speakers(
        self, meeting_id: str, voices: Mapping[str, Voice], weight: str
    ) -> None:
        """Name the known ones of a meeting that nobody named."""
        for label, found in self.match(voices, weight).items():
            self._store.name_speaker_by_voice(
                meeting_id, label, found.name, found.similarity, found.profile_id
            )

    def _profiles(self) -> list[EnrolledVoice]:
        with self._lock:
            if self._clock() - self._read_at > FRESH_S:
                self._read_at = self._clock()
                try:
                    self._known = [_enrolled(profile) for profile in self._store.profiles.list()]
                except StoreError:
                    logger.exception("the profiles could not be read")
            return self._known


def _enrolled(profile: Profile) -> EnrolledVoice:
    return EnrolledVoice(
        profile.id, profile.name, profile.weight, profile.embedding, profile.duration
    )
