"""Voices that people asked to be recognised again: enrolment, and who of a meeting they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from scipy.optimize import linear_sum_assignment

from meetcore.diarization.embedding import Embedding, EmbeddingModel
from meetcore.diarization.offline.window_pass import Read
from meetcore.diarization.profiles.clean_speech import hear
from meetcore.diarization.scoring import Voice
from meetcore.errors import EnrollmentTooShortError
from meetcore.records import Turn

LEAST_SPEECH = 3.0
"""Seconds of clean speech that a profile needs."""

_FAR_BASE, _FAR_SLOPE = 0.68, 0.15
_LEAST_HEARD = 1.5


class VoicePrint(NamedTuple):
    """What a profile keeps of a voice."""

    embedding: Embedding
    duration: float
    """Seconds of speech behind it."""


class HeardVoice(Protocol):
    """A VoicePrint, an EnrolledVoice, or anything else with an embedding and its speech."""

    @property
    def embedding(self) -> Embedding: ...
    @property
    def duration(self) -> float: ...


@dataclass(frozen=True, slots=True)
class EnrolledVoice:
    """A profile to compare with."""

    id: str
    name: str
    weight: str
    """Name of the weight that made the embedding; others' cannot be compared."""
    embedding: Embedding
    duration: float
    """Seconds of speech behind it."""


@dataclass(frozen=True, slots=True)
class ProfileMatch:
    """The profile a meeting's speaker was recognised as."""

    profile_id: str
    name: str
    similarity: float
    """0 to 1, for people: 1 is as alike as the same voice on the same day would be."""


def recognised_from(one: float, other: float) -> float:
    """Likeness from which two voices count as one person on another day, given seconds of each.

    Measured with CAM++ on five council meetings (nine people), AMI clips and the sample, each
    person's half of a recording against all other halves and excerpts of 2, 5 and up to 60 s:
    one of 13,602 pairs of different people passed; of the same person in another recording
    75 % of 2 s excerpts, 93 % of 5 s and 95 % of longer ones did.

    >>> round(recognised_from(2.0, 30.0), 2), round(recognised_from(30.0, 30.0), 2)
    (0.76, 0.69)
    """
    return _FAR_BASE + _FAR_SLOPE * (1.0 / one + 1.0 / other)


def match_profiles(
    voices: Mapping[str, Voice], profiles: Sequence[EnrolledVoice], weight: str
) -> dict[str, ProfileMatch]:
    """Which enrolled voice each of a meeting's speakers is, one to one; strangers are left out.

    Parameters
    ----------
    voices : mapping
        A meeting's labels and what was heard of them.
    weight : str
        Name of the weight that made them; profiles made by another are ignored.
    """
    labels = [label for label, voice in voices.items() if voice.duration >= _LEAST_HEARD]
    known = [profile for profile in profiles if profile.weight == weight and profile.duration > 0]
    if not labels or not known:
        return {}
    likeness = np.array(
        [[voices[label].likeness(_voice(profile)) for profile in known] for label in labels]
    )
    bounds = np.array(
        [
            [recognised_from(voices[label].duration, profile.duration) for profile in known]
            for label in labels
        ]
    )
    gain = np.maximum(likeness - bounds, 0.0)
    return {
        labels[row]: ProfileMatch(
            known[column].id, known[column].name, float(np.clip(likeness[row, column], 0.0, 1.0))
        )
        for row, column in zip(*linear_sum_assignment(gain, maximize=True), strict=True)
        if gain[row, column] > 0
    }


def enroll(read: Read, spans: Iterable[Turn], embedding_model: EmbeddingModel) -> VoicePrint:
    """What a profile keeps of one speaker of a recording.

    Parameters
    ----------
    read : callable
        ``read(start, stop)`` gives those samples of the recording.
    spans : iterable of Turn
        Where this speaker talks alone (see hearing.clean_spans); a minute of them is enough.

    Raises
    ------
    EnrollmentTooShortError
        Less than 3 s could be heard clearly.
    """
    voice = hear(read, spans, embedding_model)
    heard = voice.duration if voice else 0.0
    if voice is None or heard < LEAST_SPEECH:
        raise EnrollmentTooShortError(
            f"Only {heard:.1f} s of this voice were heard clearly, {LEAST_SPEECH:g} s are needed."
            " Try again once this person has said more."
        )
    return VoicePrint(voice.direction.astype(np.float32), heard)


def combine(old: HeardVoice, new: HeardVoice) -> VoicePrint:
    """One profile of two that the same weight made, each counting by its speech."""
    whole = _voice(old).plus(_voice(new))
    return VoicePrint(whole.direction.astype(np.float32), whole.duration)


def _voice(heard: HeardVoice) -> Voice:
    return Voice.of(heard.embedding, heard.duration)
