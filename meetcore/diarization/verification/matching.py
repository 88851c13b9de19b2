"""Makes a voice profile's embedding; compares speakers with profiles (no database)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from meetcore.diarization.embedding import Embedding, EmbeddingModel
from meetcore.diarization.verification.clean_speech import voice_from_spans
from meetcore.diarization.voice_similarity import Voice
from meetcore.errors import EnrollmentTooShortError
from meetcore.records import ProfileMatch, ReadSamples, Turn

Matrix = npt.NDArray[np.float64]

MIN_SPEECH = 3.0
"""Seconds of clean speech that a profile needs."""

_THRESHOLD_BASE, _THRESHOLD_SLOPE = 0.68, 0.15
_MIN_MATCH_SPEECH = 1.5
"""Seconds of speech that a meeting's speaker needs to be compared."""


class VoicePrint(NamedTuple):
    """The voice of a profile, as it is stored."""

    embedding: Embedding
    """Shape (dimension,), float32, unit length."""
    duration: float
    """Seconds of speech it was made from."""


class WeightedEmbedding(Protocol):
    """An embedding and its seconds of speech: a VoicePrint, an EnrolledVoice, …"""

    @property
    def embedding(self) -> Embedding:
        """Shape (dimension,), float32, unit length."""
        ...

    @property
    def duration(self) -> float:
        """Seconds of speech it was made from."""
        ...


@dataclass(frozen=True, slots=True)
class EnrolledVoice:
    """A profile to compare speakers with."""

    id: str
    name: str
    weight: str
    """Weight that made the embedding; only embeddings of the same weight are compared."""
    embedding: Embedding
    """Shape (dimension,), float32, unit length."""
    duration: float
    """Seconds of speech it was made from."""


def recognition_threshold(one: float, other: float) -> float:
    """Similarity from which two voices count as one person, in recordings of different days.

    Takes the seconds of speech of each.
    Measured with CAM++ on five council meetings (nine people), AMI clips and the sample, each
    person's half of a recording against all other halves and excerpts of 2, 5 and up to 60 s:
    one of 13,602 pairs of different people passed; of the same person in another recording
    75 % of 2 s excerpts, 93 % of 5 s and 95 % of longer ones did.

    >>> round(recognition_threshold(2.0, 30.0), 2), round(recognition_threshold(30.0, 30.0), 2)
    (0.76, 0.69)
    """
    return _THRESHOLD_BASE + _THRESHOLD_SLOPE * (1.0 / one + 1.0 / other)


def match_profiles(
    voices: Mapping[str, Voice], profiles: Sequence[EnrolledVoice], weight: str
) -> dict[str, ProfileMatch]:
    """The profile of each of a meeting's speakers, one to one; speakers without one are left out.

    Parameters
    ----------
    voices : voices of the meeting's speakers, by label
    profiles : the enrolled voices
    weight : name of the weight that made `voices`; profiles of other weights are ignored
    """
    labels, known, similarity, gain = _compared(voices, profiles, weight)
    if not labels or not known:
        return {}
    return {
        labels[row]: _match(known[column], similarity[row, column])
        for row, column in zip(*linear_sum_assignment(gain, maximize=True), strict=True)
        if gain[row, column] > 0
    }


def further_matches(
    voices: Mapping[str, Voice], profiles: Sequence[EnrolledVoice], weight: str
) -> dict[str, ProfileMatch]:
    """The speakers that are like a profile which another speaker of the meeting has already.

    They may be that person too, whose voice was taken for two; a user has to say it.

    Parameters
    ----------
    voices : voices of the speakers that have no profile, by label
    profiles : the profiles that other speakers have
    """
    labels, known, similarity, gain = _compared(voices, profiles, weight)
    if not labels or not known:
        return {}
    best = gain.argmax(axis=1)
    return {
        label: _match(known[best[row]], similarity[row, best[row]])
        for row, label in enumerate(labels)
        if gain[row, best[row]] > 0
    }


def _compared(
    voices: Mapping[str, Voice], profiles: Sequence[EnrolledVoice], weight: str
) -> tuple[list[str], list[EnrolledVoice], Matrix, Matrix]:
    """Labels and profiles that can be compared, their similarity, and how far it is over the
    threshold (0: below it); both of shape (n_labels, n_profiles), float64."""
    labels = [label for label, voice in voices.items() if voice.duration >= _MIN_MATCH_SPEECH]
    known = [profile for profile in profiles if profile.weight == weight and profile.duration > 0]
    similarity = np.array(
        [[voices[label].similarity(_voice(profile)) for profile in known] for label in labels]
    )
    bounds = np.array(
        [
            [recognition_threshold(voices[label].duration, profile.duration) for profile in known]
            for label in labels
        ]
    )
    return labels, known, similarity, np.maximum(similarity - bounds, 0.0)


def _match(profile: EnrolledVoice, similarity: float) -> ProfileMatch:
    return ProfileMatch(profile.id, profile.name, float(np.clip(similarity, 0.0, 1.0)))


def enroll(read: ReadSamples, spans: Iterable[Turn], embedding_model: EmbeddingModel) -> VoicePrint:
    """A voice print for a profile, of one speaker of a recording.

    Parameters
    ----------
    read : gives the samples between two positions, shape (n_samples,), float32, 16 kHz
    spans : where this speaker talks alone (see clean_spans); a minute of them is enough

    Raises
    ------
    EnrollmentTooShortError
        There are less than 3 s of clear speech; try again with more.
    InferenceError
        The embedding model failed.
    """
    voice = voice_from_spans(read, spans, embedding_model)
    duration = voice.duration if voice else 0.0
    if voice is None or duration < MIN_SPEECH:
        raise EnrollmentTooShortError(
            f"Only {duration:.1f} s of this voice were heard clearly, {MIN_SPEECH:g} s are needed."
            " Try again once this person has said more."
        )
    return VoicePrint(voice.direction.astype(np.float32), duration)


def combine(old: WeightedEmbedding, new: WeightedEmbedding) -> VoicePrint:
    """One voice print of two made by the same weight, each weighted by its speech.

    Parameters
    ----------
    old, new : embeddings of shape (dimension,), float32, unit length, with seconds of speech
    """
    whole = _voice(old).plus(_voice(new))
    return VoicePrint(whole.direction.astype(np.float32), whole.duration)


def _voice(known: WeightedEmbedding) -> Voice:
    return Voice.of(known.embedding, known.duration)
