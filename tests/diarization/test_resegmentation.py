"""Seconds of speech are given to the speakers they are most like; weak speakers are given up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from meetcore.diarization.offline.assignments import EmbeddedChunk
from meetcore.diarization.offline.resegmentation import (
    ResegmentationOptions,
    likeliest_path,
    resegmented,
)
from meetcore.diarization.offline.speech_clarity import LEAST, clarity_of
from meetcore.diarization.voice_similarity import HALF_RELIABLE, Voice, VoiceTable
from tests.diarization.synthetic import voice_of


def seconds_of(who: list[int], seed: int, half: float = HALF_RELIABLE) -> np.ndarray:
    """Embeddings of one second of each speaker, shape (n, 192); `half` as in HALF_RELIABLE."""
    blur = np.random.default_rng(seed).normal(size=(len(who), 192))
    blur /= np.linalg.norm(blur, axis=1, keepdims=True)
    known = np.sqrt(1.0 / (1.0 + half))
    vectors = known * np.stack([voice_of(n) for n in who]) + np.sqrt(1 - known**2) * blur
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def decided(who: list[int], labels: list[int], seed: int = 1, together: object = None) -> list[int]:
    table = VoiceTable.of([Voice.of(vector, 1.0) for vector in seconds_of(who, seed)])
    none = sparse.csr_array((len(who), len(who)))
    found = resegmented(
        table,
        [np.arange(len(who))],
        np.array(labels),
        none if together is None else together,
        ResegmentationOptions(),
    )
    return found.tolist()


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(4, 9)), min_size=6, max_size=12),
    st.lists(st.integers(0, 10_000), max_size=6),
    st.integers(0, 2**31),
)
def test_a_few_seconds_given_to_the_wrong_speaker_are_put_right(
    said: list[tuple[int, int]], wrong: list[int], seed: int
) -> None:
    who = [0] * 8 + [1] * 8 + [2] * 8 + [n for n, count in said for _ in range(count)]
    labels = list(who)
    for position in wrong:
        labels[position % len(labels)] = (labels[position % len(labels)] + 1) % 3
    found = decided(who, labels, seed)
    assert np.mean(np.array(found) != np.array(who)) <= 0.03


def test_a_speaker_made_of_strays_is_given_up_and_one_of_his_own_is_kept() -> None:
    who = [0] * 40 + [1] * 40
    strays = [*who]
    strays[5], strays[60] = 2, 2
    assert decided(who, strays) == who
    own = [0] * 40 + [2] * 6 + [1] * 40
    assert decided(own, own) == own


def test_two_who_speak_at_once_are_not_one() -> None:
    vectors = seconds_of([0] * 24, 3)
    table = VoiceTable.of([Voice.of(vector, 1.0) for vector in vectors])
    labels = np.repeat([0, 1], 12)
    tracks = [np.arange(12), np.arange(12, 24)]
    shape = (24, 24)
    apart = sparse.csr_array((np.full(12, 0.8), (np.arange(12), np.arange(12, 24))), shape=shape)
    options = ResegmentationOptions()
    free = resegmented(table, tracks, labels, sparse.csr_array(shape), options)
    held = resegmented(table, tracks, labels, apart + apart.T, options)
    assert len(set(free.tolist())) == 1
    assert held.tolist() == labels.tolist()


def test_a_change_must_pay() -> None:
    scores = np.array([[1.0, 0.0]] * 3 + [[0.0, 2.5]] + [[1.0, 0.0]] * 3)
    assert likeliest_path(scores, 3.0).tolist() == [0] * 7
    assert likeliest_path(scores, 1.0).tolist() == [0, 0, 0, 1, 0, 0, 0]


def chunks_of_a_track(half: float, count: int, seed: int) -> list[EmbeddedChunk]:
    vectors = seconds_of([n // 40 for n in range(count)], seed, half)
    return [
        EmbeddedChunk(n // 40, 60 * n, v.astype(np.float32), 1.0) for n, v in enumerate(vectors)
    ]


@pytest.mark.parametrize("half", [1.5, 2.5, 4.0])
def test_clarity_is_that_of_the_recording(half: float) -> None:
    clarity = clarity_of(chunks_of_a_track(half, 600, 5))
    assert clarity == pytest.approx(HALF_RELIABLE / half, abs=0.08)


def test_clarity_of_little_speech_is_that_of_clear_speech() -> None:
    assert clarity_of([]) == 1.0
    assert clarity_of(chunks_of_a_track(4.0, 1, 5)) == 1.0
    assert clarity_of(chunks_of_a_track(4.0, 4, 5)) > 0.8


def test_clarity_of_noise_has_a_floor() -> None:
    assert clarity_of(chunks_of_a_track(1e6, 200, 5)) == LEAST
