"""Enrols, merges and deletes voice profiles."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

from meetcore.audio.recording import RecordingReader
from meetcore.diarization.embedding import EmbeddingModel
from meetcore.diarization.verification.clean_speech import clean_spans
from meetcore.diarization.verification.matching import combine, enroll
from meetcore.errors import MeetingStateError, ModelUnavailableError
from meetcore.models.identifier import Identifier
from meetcore.profiles.known_voices import KnownVoices
from meetcore.records import Profile, Turn, VoiceClip
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore
from meetcore.transcript.corrected_turns import corrected_turns

logger = logging.getLogger(__name__)

CLIP_S = 8.0
"""Longest sample of a voice that the Speakers page plays."""


class Enrolment:
    """Changes voice profiles. Called from pages' threads; `enroll` blocks for seconds.

    Parameters
    ----------
    borrowed : lends the loaded models, or None, for the length of a `with`
    known_voices : what running meetings and jobs compare with; invalidated by every change
    """

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
        """Add the voice of a meeting's speaker to the profile of this name, made if missing.

        Raises
        ------
        EnrollmentTooShortError
            The speaker talked too little without others; try another meeting.
        MeetingStateError
            The name is empty.
        ModelUnavailableError
            No embedding model is loaded.
        RecordingError, StoreError
            The audio cannot be read, or the profile not be saved.
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
            profile = self._add_or_extend(meeting_id, label, name, diarizer.embedding)
        self._known_voices.invalidate()
        return profile

    def delete(self, profile_id: str) -> None:
        """Delete a profile with its embedding and its clips."""
        self._store.profiles.delete(profile_id)
        self._known_voices.invalidate()

    def merge(self, profile_id: str, into: str) -> None:
        """Add one profile to another of the same person, and delete the first.

        Raises
        ------
        MeetingStateError
            Their embeddings come from different models and cannot be compared.
        """
        one, other = self._store.profiles.get(profile_id), self._store.profiles.get(into)
        if one.weight != other.weight:
            raise MeetingStateError(
                f"{one.name} and {other.name} come from different models and cannot be merged."
                " Delete one of them."
            )
        whole = combine(other, one)
        self._store.profiles.merge(profile_id, into, whole.embedding, whole.duration)
        self._known_voices.invalidate()

    def _add_or_extend(
        self, meeting_id: str, label: str, name: str, embedding: EmbeddingModel
    ) -> Profile:
        spans = clean_spans(self._turns(meeting_id), label)
        reader = RecordingReader(self._settings.recordings_dir / meeting_id)
        sample = enroll(reader.read, spans, embedding)
        clip = _clip(meeting_id, spans)
        known = self._profile_of(name, embedding.weight)
        if known is None:
            return self._store.profiles.add(
                name, embedding.weight, sample.embedding, sample.duration, clip
            )
        whole = combine(known, sample)
        self._store.profiles.update_embedding(known.id, whole.embedding, whole.duration, clip)
        return self._store.profiles.get(known.id)

    def _turns(self, meeting_id: str) -> tuple[Turn, ...]:
        segments = self._store.transcript(meeting_id).segments
        return corrected_turns(self._store.turns(meeting_id), segments)

    def _profile_of(self, name: str, weight: str) -> Profile | None:
        for profile in self._store.profiles.list():
            if profile.name.casefold() == name.casefold() and profile.weight == weight:
                return profile
        return None


def _clip(meeting_id: str, spans: tuple[Turn, ...]) -> VoiceClip:
    """The beginning of the longest span, as a sample to play."""
    longest = max(spans, key=lambda span: span.end - span.start)
    return VoiceClip(meeting_id, longest.start, min(longest.end, longest.start + CLIP_S))
