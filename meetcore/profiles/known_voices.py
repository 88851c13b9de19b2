"""Compares the voices of a meeting with the enrolled profiles, and names speakers that match."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping

from meetcore.diarization.verification.matching import (
    EnrolledVoice,
    further_matches,
    match_profiles,
)
from meetcore.diarization.voice_similarity import Voice
from meetcore.errors import StoreError
from meetcore.records import Profile, ProfileMatch
from meetcore.store.meetings import MeetingStore

logger = logging.getLogger(__name__)

CACHE_S = 3.0
"""Seconds for which the list of profiles is reused: every running meeting asks for it."""


class KnownVoices:
    """The enrolled profiles, read from the store when they are needed. Safe from several threads.

    While the store refuses, the profiles read before stay in use.
    """

    def __init__(self, store: MeetingStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._voices: list[EnrolledVoice] = []
        self._read_at = float("-inf")

    def invalidate(self) -> None:
        """Read the profiles again at the next use, as they changed."""
        self._read_at = float("-inf")

    def has_profiles(self) -> bool:
        """Whether any voice is enrolled."""
        return bool(self._profiles())

    def match(self, voices: Mapping[str, Voice], weight: str) -> dict[str, ProfileMatch]:
        """The enrolled voices among a meeting's speakers, by label.

        Parameters
        ----------
        voices : mean embedding and duration of each speaker, by label
        weight : the embedding model that made them; profiles made by others are left out
        """
        profiles = self._profiles()
        return match_profiles(voices, profiles, weight) if profiles and voices else {}

    def name_known_speakers(
        self, meeting_id: str, voices: Mapping[str, Voice], weight: str
    ) -> None:
        """Save the names of enrolled voices for a meeting's speakers that no person has named.

        A profile names one speaker. Others that are like it too are noted as perhaps the same
        person, for the page to ask.

        Raises
        ------
        StoreError
            A name was not saved; the call may be repeated.
        """
        typed = {
            speaker.label: speaker.name.casefold()
            for speaker in self._store.speakers(meeting_id)
            if speaker.name is not None and speaker.similarity is None and speaker.label in voices
        }
        unnamed = {label: voice for label, voice in voices.items() if label not in typed}
        profiles = self._profiles()
        used = {each.id for each in profiles if each.name.casefold() in typed.values()}
        free = [each for each in profiles if each.id not in used]
        best = match_profiles(unnamed, free, weight)
        used |= {match.profile_id for match in best.values()}
        further = further_matches(
            {label: voice for label, voice in unnamed.items() if label not in best},
            [each for each in profiles if each.id in used],
            weight,
        )
        self._store.name_speakers_by_voice(meeting_id, best, further, set(voices))

    def _profiles(self) -> list[EnrolledVoice]:
        with self._lock:
            if time.monotonic() - self._read_at > CACHE_S:
                self._read_at = time.monotonic()
                try:
                    self._voices = [_enrolled(profile) for profile in self._store.profiles.list()]
                except StoreError:
                    logger.exception("the profiles could not be read")
            return self._voices


def _enrolled(profile: Profile) -> EnrolledVoice:
    return EnrolledVoice(
        profile.id, profile.name, profile.weight, profile.embedding, profile.duration
    )
