"""The sample's two speakers, enrolled from its first half and recognized in its second."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from meetcore.diarization.open_diarizer import OpenDiarizer
from meetcore.diarization.verification.clean_speech import clean_spans
from meetcore.diarization.verification.matching import EnrolledVoice, enroll, match_profiles
from meetcore.records import SAMPLE_RATE, Samples, Turn
from meetcore.transcript.formats import rttm
from tests.conftest import SamplePaths

pytestmark = pytest.mark.model

HALF = 18.0
"""Seconds; both people said more than 3 s before and after."""


@pytest.fixture(scope="module")
def reference(sample_paths: SamplePaths) -> tuple[Turn, ...]:
    return rttm.loads(sample_paths.rttm.read_text())


def reader(audio: Samples) -> Callable[[int, int], Samples]:
    return lambda start, stop: audio[start:stop]


@pytest.fixture(scope="module")
def profiles(
    diarizer: OpenDiarizer, sample_audio: Samples, reference: tuple[Turn, ...]
) -> list[EnrolledVoice]:
    """Made from what the reference says each person said in the first half."""
    early = [turn for turn in reference if turn.end <= HALF]
    found = []
    for name in sorted({turn.speaker for turn in reference}):
        spans = clean_spans(early, name)
        embedding, seconds = enroll(reader(sample_audio), spans, diarizer.embedding)
        weight = diarizer.embedding.weight
        found.append(EnrolledVoice(name, name, weight, embedding, seconds))
    return found


def names_by_time(turns: tuple[Turn, ...], reference: tuple[Turn, ...]) -> dict[str, str]:
    """The person with whom each label shares most time."""
    shared: dict[str, dict[str, float]] = {}
    for turn in turns:
        for true in reference:
            seconds = min(turn.end, true.end) - max(turn.start, true.start)
            row = shared.setdefault(turn.speaker, {})
            row[true.speaker] = row.get(true.speaker, 0.0) + max(0.0, seconds)
    return {label: max(row, key=lambda name: row[name]) for label, row in shared.items()}


def test_both_are_recognised_in_the_second_half_by_both_passes(
    diarizer: OpenDiarizer,
    sample_audio: Samples,
    reference: tuple[Turn, ...],
    profiles: list[EnrolledVoice],
) -> None:
    late = sample_audio[round(HALF * SAMPLE_RATE) :]
    moved = tuple(Turn(t.start - HALF, t.end - HALF, t.speaker) for t in reference if t.end > HALF)
    offline = diarizer.diarize(reader(late), len(late))
    live = diarizer.open_live()
    live.push(late)
    turns = live.flush().turns
    for found, voices in ((offline.turns, offline.voices), (turns, live.voices())):
        matches = match_profiles(voices, profiles, diarizer.embedding.weight)
        named = {label: match.name for label, match in matches.items()}
        assert named == names_by_time(found, moved)
        assert all(match.similarity > 0.75 for match in matches.values())


def test_another_voice_gets_no_profile(
    diarizer: OpenDiarizer, sample_audio: Samples, profiles: list[EnrolledVoice]
) -> None:
    """One profile alone: the other person may not take it, nor a voice at another pitch."""
    higher = np.interp(
        np.arange(0, len(sample_audio), 1.25), np.arange(len(sample_audio)), sample_audio
    ).astype(np.float32)
    weight = diarizer.embedding.weight
    found = diarizer.diarize(reader(higher), len(higher))
    assert found.speakers_found == 2
    assert match_profiles(found.voices, profiles, weight) == {}
    whole = diarizer.diarize(reader(sample_audio), len(sample_audio))
    for profile in profiles:
        assert len(match_profiles(whole.voices, [profile], weight)) == 1
