"""Voices that people asked to be recognised again; without a profile nothing is computed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

from meetcore.audio.recording import RecordingReader
from meetcore.diarization.embedding import EmbeddingModel
from meetcore.diarization.profiles.clean_speech import clean_spans
from meetcore.diarization.profiles.matching import (
    combine,
    enroll,
)
from meetcore.errors import MeetingStateError, ModelUnavailableError
from meetcore.models.identifier import Identifier
from meetcore.profiles.recognition import KnownVoices
from meetcore.records import Profile, Turn, VoiceClip
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore
from meetcore.transcript.reattribution import turns_of_segments

logger = logging.getLogger(__name__)

CLIP_S = 8.0


class Enrolment:
    """Adds, teaches, merges and deletes profiles, as a person asks."""

    def __init__(
        self,
        store: MeetingStore,
        settings: Settings,
        borrowed: Callable[[], AbstractContextManager[Identifier | None]],
        known_voices: KnownVoices,
    ) -> None:
        self._store = store
        self._settings = settings
        self._borrowed = borrowed
        self._known_voices = known_voices

    def enroll(self, meeting_id: str, label: str, name: str) -> Profile:
        """Add a profile, or teach the one of this name; the speaker gets the name too.

        Raises
        ------
        EnrollmentTooShortError
            Too little of this voice was heard alone.
        ModelUnavailableError
            Nothing is loaded that could hear voices.
        """
        name = name.strip()
        if not name:
            raise MeetingStateError("A voice needs a name. Type one, then try again.")
        with self._borrowed() as identifier:
            diarizer = identifier.diarizer if identifier else None
            if diarizer is None:
                why = identifier.models.reason if identifier else "The models are still loading."
                raise ModelUnavailableError(
                    f"{why} Voices can be kept once speakers are told apart."
                )
            profile = self._taught(meeting_id, label, name, diarizer.embedding)
        self._known_voices.forget()
        return profile

    def _taught(self, meeting_id: str, label: str, name: str, embedding: EmbeddingModel) -> Profile:
        spans = clean_spans(self._turns(meeting_id), label)
        reader = RecordingReader(self._settings.recordings_dir / meeting_id)
        heard = enroll(reader.read, spans, embedding)
        clip = _clip(meeting_id, spans)
        known = self._known(name, embedding.weight)
        if known is None:
            return self._store.profiles.add(
                name, embedding.weight, heard.embedding, heard.duration, clip
            )
        whole = combine(known, heard)
        self._store.profiles.update_embedding(known.id, whole.embedding, whole.duration, clip)
        return self._store.profiles.get(known.id)

    def forget(self, profile_id: str) -> None:
        """Delete a profile and all that was kept of its voice."""
        self._store.profiles.delete(profile_id)
        self._known_voices.forget()

    def merge(self, profile_id: str, into: str) -> None:
        """Make one profile of two.

        Raises
        ------
        MeetingStateError
            Different weights made them: they cannot be compared.
        """
        one, other = self._store.profiles.get(profile_id), self._store.profiles.get(into)
        if one.weight != other.weight:
            raise MeetingStateError(
                f"{one.name} and {other.name} were heard by different models and cannot be merged."
                " Delete one of them."
            )
        whole = combine(other, one)
        self._store.profiles.merge(profile_id, into, whole.embedding, whole.duration)
        self._known_voices.forget()

    def _turns(self, meeting_id: str) -> tuple[Turn, ...]:
        found = self._store.turns(meeting_id)
        return found or turns_of_segments(self._store.transcript(meeting_id).segments)

    def _known(self, name: str, weight: str) -> Profile | None:
        for profile in self._store.profiles.list():
            if profile.name.casefold() == name.casefold() and profile.weight == weight:
                return profile
        return None


def _clip(meeting_id: str, spans: tuple[Turn, ...]) -> VoiceClip:
    """Where the voice can be heard best: the longest stretch."""
    longest = max(spans, key=lambda span: span.end - span.start)
    return VoiceClip(meeting_id, longest.start, min(longest.end, longest.start + CLIP_S))
