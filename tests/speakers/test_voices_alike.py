"""Likeness of voices, and the clusterings that stand on it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.speakers.clustering import GlobalOptions, cluster
from meetcore.speakers.online import OnlineClustering, OnlineOptions
from meetcore.speakers.similarity import Voice, evidence, reliability
from tests.speakers.invented import voice_of


def heard(speaker: int, duration: float, seed: int) -> Voice:
    """A voice as an embedding of so much speech would show it."""
    blur = np.random.default_rng(seed).normal(size=192)
    known = reliability(duration)
    vector = known * voice_of(speaker) + np.sqrt(1 - known**2) * blur / np.linalg.norm(blur)
    return Voice.of(vector / np.linalg.norm(vector), duration)


@given(st.floats(0.7, 20), st.floats(0.7, 20), st.integers(0, 2**31))
def test_likeness_is_about_one_for_one_voice_however_short(a: float, b: float, seed: int) -> None:
    one, other = heard(1, a, seed), heard(1, b, seed + 1)
    assert one.likeness(other) == pytest.approx(1.0, abs=0.75)
    assert one.likeness(other) == pytest.approx(other.likeness(one))


@given(st.lists(st.floats(0.5, 5), min_size=2, max_size=8), st.integers(0, 2**31))
def test_voices_add_up_in_any_order_and_can_be_taken_back(parts: list[float], seed: int) -> None:
    voices = [heard(1, duration, seed + i) for i, duration in enumerate(parts)]
    forward, backward = voices[0], voices[-1]
    for voice in voices[1:]:
        forward = forward.plus(voice)
    for voice in voices[-2::-1]:
        backward = backward.plus(voice)
    np.testing.assert_allclose(forward.total, backward.total, atol=1e-9)
    rest = forward.minus(voices[-1])
    np.testing.assert_allclose(rest.plus(voices[-1]).total, forward.total, atol=1e-9)


def test_evidence_speaks_for_one_voice_and_against_two() -> None:
    assert evidence(heard(1, 5, 1), heard(1, 5, 2)) > 1
    assert evidence(heard(1, 5, 1), heard(2, 5, 3)) < -5


def test_speakers_are_numbered_as_they_are_born() -> None:
    online = OnlineClustering(OnlineOptions())
    found = []
    for seed, who in enumerate([3, 3, 8, 3, 5, 8]):
        voice = heard(who, 3.0, seed)
        speaker = online.decide(voice)
        assert speaker is not None
        online.learn(speaker, voice)
        found.append(speaker)
    assert found == [1, 1, 2, 1, 3, 2]


def test_nobody_is_born_of_too_little_speech() -> None:
    online = OnlineClustering(OnlineOptions(birth=1.0))
    assert online.decide(heard(1, 0.6, 1)) is None
    assert online.voices == {}


def test_the_number_of_speakers_is_held() -> None:
    online = OnlineClustering(OnlineOptions(max_speakers=2))
    for seed, who in enumerate([1, 2, 3, 4, 5]):
        voice = heard(who, 4.0, seed)
        speaker = online.decide(voice)
        assert speaker is not None
        online.learn(speaker, voice)
    assert set(online.voices) == {1, 2}


def test_two_that_turn_out_one_are_united_under_the_older_number() -> None:
    online = OnlineClustering(OnlineOptions())
    first = online.bear(heard(1, 6.0, 1))
    online.bear(heard(2, 6.0, 2))
    online.bear(heard(1, 6.0, 3))
    assert online.merge() == {3: first}
    assert set(online.voices) == {1, 2}


def test_two_that_spoke_at_once_are_never_united() -> None:
    online = OnlineClustering(OnlineOptions())
    one, other = online.bear(heard(1, 6.0, 1)), online.bear(heard(1, 6.0, 2))
    online.keep_apart(one, other, 2.0)
    assert online.merge() == {}


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.floats(2.0, 8.0)), min_size=1, max_size=14),
    st.integers(0, 2**31),
)
def test_global_clusters_find_who_is_who(said: list[tuple[int, float]], seed: int) -> None:
    voices = [heard(who, duration, seed + i) for i, (who, duration) in enumerate(said)]
    labels = cluster(voices, GlobalOptions())
    names = list(dict.fromkeys(who for who, _ in said))
    assert labels.tolist() == [names.index(who) for who, _ in said]


def test_exact_and_greatest_numbers_of_speakers() -> None:
    voices = [heard(who, 5.0, i) for i, who in enumerate([1, 2, 3, 1, 2, 3])]
    assert len(set(cluster(voices, GlobalOptions(n_speakers=2)))) == 2
    assert len(set(cluster(voices, GlobalOptions(n_speakers=5)))) == 5
    assert len(set(cluster(voices, GlobalOptions(max_speakers=2)))) == 2
    assert len(set(cluster(voices, GlobalOptions(max_speakers=5)))) == 3


def test_short_voices_join_and_strangers_stand_alone() -> None:
    voices = [heard(1, 6.0, 1), heard(2, 6.0, 2), heard(1, 0.7, 3), heard(9, 1.4, 4)]
    assert cluster(voices, GlobalOptions()).tolist() == [0, 1, 0, 2]


def test_speaking_at_once_outweighs_sounding_alike() -> None:
    voices = [heard(1, 5.0, 1), heard(1, 5.0, 2)]
    together = np.array([[0.0, 3.0], [3.0, 0.0]])
    assert cluster(voices, GlobalOptions()).tolist() == [0, 0]
    assert cluster(voices, GlobalOptions(), together).tolist() == [0, 1]


def test_no_voices_no_clusters() -> None:
    assert cluster([], GlobalOptions()).shape == (0,)


@pytest.mark.parametrize("options", [{"n_speakers": 0}, {"max_speakers": 0}])
def test_nonsense_counts_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        GlobalOptions(**options)
