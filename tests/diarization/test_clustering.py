"""Similarity of voices, and both clusterings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from meetcore.diarization.clustering import ClusteringOptions, cluster
from meetcore.diarization.options import DiarizeOptions
from meetcore.diarization.streaming.online_clustering import (
    OnlineClustering,
    OnlineClusteringOptions,
)
from meetcore.diarization.voice_similarity import (
    HALF_RELIABLE,
    Voice,
    VoiceTable,
    log_likelihood_ratio,
    reliability,
)
from tests.diarization.synthetic import voice_of


def heard(speaker: int, duration: float, seed: int) -> Voice:
    """A voice with as much noise as an embedding of so much speech has."""
    blur = np.random.default_rng(seed).normal(size=192)
    known = reliability(duration)
    vector = known * voice_of(speaker) + np.sqrt(1 - known**2) * blur / np.linalg.norm(blur)
    return Voice.of(vector / np.linalg.norm(vector), duration)


@given(st.floats(0.7, 20), st.floats(0.7, 20), st.integers(0, 2**31))
def test_similarity_is_about_one_for_one_voice_however_short(a: float, b: float, seed: int) -> None:
    one, other = heard(1, a, seed), heard(1, b, seed + 1)
    assert one.similarity(other) == pytest.approx(1.0, abs=0.75)
    assert one.similarity(other) == pytest.approx(other.similarity(one))


@given(st.lists(st.floats(0.5, 5), min_size=2, max_size=8), st.integers(0, 2**31))
def test_voices_add_up_in_any_order_and_can_be_subtracted(parts: list[float], seed: int) -> None:
    voices = [heard(1, duration, seed + i) for i, duration in enumerate(parts)]
    forward, backward = voices[0], voices[-1]
    for voice in voices[1:]:
        forward = forward.plus(voice)
    for voice in voices[-2::-1]:
        backward = backward.plus(voice)
    np.testing.assert_allclose(forward.total, backward.total, atol=1e-9)
    rest = forward.minus(voices[-1])
    np.testing.assert_allclose(rest.plus(voices[-1]).total, forward.total, atol=1e-9)


def test_the_ratio_is_positive_for_one_voice_and_negative_for_two() -> None:
    assert log_likelihood_ratio(heard(1, 5, 1), heard(1, 5, 2)) > 1
    assert log_likelihood_ratio(heard(1, 5, 1), heard(2, 5, 3)) < -5


def test_speakers_are_numbered_in_order_of_creation() -> None:
    online = OnlineClustering(OnlineClusteringOptions())
    found = []
    for seed, who in enumerate([3, 3, 8, 3, 5, 8]):
        voice = heard(who, 3.0, seed)
        speaker = online.decide(voice)
        assert speaker is not None
        online.add_speech(speaker, voice)
        found.append(speaker)
    assert found == [1, 1, 2, 1, 3, 2]


def test_too_little_speech_makes_no_new_speaker() -> None:
    online = OnlineClustering(OnlineClusteringOptions(min_new_speaker_speech=1.0))
    assert online.decide(heard(1, 0.6, 1)) is None
    assert online.voices == {}


def test_the_number_of_speakers_is_limited() -> None:
    online = OnlineClustering(OnlineClusteringOptions(max_speakers=2))
    for seed, who in enumerate([1, 2, 3, 4, 5]):
        voice = heard(who, 4.0, seed)
        speaker = online.decide(voice)
        assert speaker is not None
        online.add_speech(speaker, voice)
    assert set(online.voices) == {1, 2}


def test_speakers_that_turn_out_to_be_one_are_merged_under_the_older_number() -> None:
    online = OnlineClustering(OnlineClusteringOptions())
    first = online.add_speaker(heard(1, 6.0, 1))
    online.add_speaker(heard(2, 6.0, 2))
    online.add_speaker(heard(1, 6.0, 3))
    assert online.merge() == {3: first}
    assert set(online.voices) == {1, 2}


def test_speakers_with_overlapped_speech_are_never_merged() -> None:
    online = OnlineClustering(OnlineClusteringOptions())
    one, other = online.add_speaker(heard(1, 6.0, 1)), online.add_speaker(heard(1, 6.0, 2))
    online.add_overlap(one, other, 2.0)
    assert online.merge() == {}


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.floats(2.0, 8.0)), min_size=1, max_size=14),
    st.integers(0, 2**31),
)
def test_clusters_are_the_speakers(said: list[tuple[int, float]], seed: int) -> None:
    voices = [heard(who, duration, seed + i) for i, (who, duration) in enumerate(said)]
    labels = cluster(voices, ClusteringOptions())
    names = list(dict.fromkeys(who for who, _ in said))
    assert labels.tolist() == [names.index(who) for who, _ in said]


def test_exact_and_greatest_numbers_of_speakers() -> None:
    voices = [heard(who, 5.0, i) for i, who in enumerate([1, 2, 3, 1, 2, 3])]
    for wanted, count in [
        (DiarizeOptions(n_speakers=2), 2),
        (DiarizeOptions(n_speakers=5), 5),
        (DiarizeOptions(max_speakers=2), 2),
        (DiarizeOptions(max_speakers=5), 3),
    ]:
        assert len(set(cluster(voices, ClusteringOptions(), wanted))) == count


def test_short_voices_are_added_to_clusters_or_become_their_own() -> None:
    voices = [heard(1, 6.0, 1), heard(2, 6.0, 2), heard(1, 0.7, 3), heard(9, 1.4, 4)]
    assert cluster(voices, ClusteringOptions()).tolist() == [0, 1, 0, 2]


def test_overlapped_speech_outweighs_similarity() -> None:
    voices = [heard(1, 5.0, 1), heard(1, 5.0, 2)]
    together = np.array([[0.0, 3.0], [3.0, 0.0]])
    assert cluster(voices, ClusteringOptions()).tolist() == [0, 0]
    assert cluster(voices, ClusteringOptions(), overlap=together).tolist() == [0, 1]


def test_no_voices_no_clusters() -> None:
    assert cluster([], ClusteringOptions()).shape == (0,)


@pytest.mark.parametrize("options", [{"n_speakers": 0}, {"max_speakers": 0}])
def test_counts_below_one_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        DiarizeOptions(**options)


def test_an_exact_and_a_greatest_number_at_once_are_refused() -> None:
    with pytest.raises(ValueError, match="not both"):
        DiarizeOptions(2, 3)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 5), st.floats(1.0, 8.0)), min_size=2, max_size=40),
    st.integers(0, 2**31),
)
def test_a_table_compares_as_single_voices_do(said: list[tuple[int, float]], seed: int) -> None:
    voices = [heard(who, duration, seed + i) for i, (who, duration) in enumerate(said)]
    table = VoiceTable.of(voices).log_likelihood_ratio(VoiceTable.of(voices))
    expected = [[log_likelihood_ratio(one, other) for other in voices] for one in voices]
    np.testing.assert_allclose(table, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("block", [16, 512])
def test_blocks_of_any_size_give_the_same_clusters(block: int) -> None:
    who = np.random.default_rng(5).integers(1, 7, size=90).tolist()
    voices = [heard(speaker, 3.0, i) for i, speaker in enumerate(who)]
    names = list(dict.fromkeys(who))
    labels = cluster(voices, ClusteringOptions(block=block))
    assert labels.tolist() == [names.index(speaker) for speaker in who]


def test_thousands_of_voices_are_never_compared_all_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A meeting of four hours: 10 people, 5,000 stretches of speech, some at once."""
    rng = np.random.default_rng(1)
    directions = np.stack([voice_of(n) for n in range(1, 11)])
    who = rng.integers(0, 10, size=5_000)
    durations = rng.uniform(0.5, 12.0, size=5_000)
    known = np.sqrt(durations / (durations + HALF_RELIABLE))[:, None]
    blur = rng.normal(size=(5_000, 192)) / np.sqrt(192)
    vectors = known * directions[who] + np.sqrt(1 - known**2) * blur
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    voices = [Voice.of(v, float(d)) for v, d in zip(vectors, durations, strict=True)]
    pairs = [(i, i + 1) for i in range(0, 4_999, 7) if who[i] != who[i + 1]]
    rows, columns = np.array(pairs).T
    half = sparse.csr_array((np.full(len(rows), 0.5), (rows, columns)), shape=(5_000, 5_000))
    sizes: list[int] = []
    original = VoiceTable.log_likelihood_ratio

    def counted(self: VoiceTable, other: VoiceTable) -> np.ndarray:
        sizes.append(len(self.durations) * len(other.durations))
        return original(self, other)

    monkeypatch.setattr(VoiceTable, "log_likelihood_ratio", counted)
    labels = cluster(voices, ClusteringOptions(), overlap=half + half.T)
    names = list(dict.fromkeys(who.tolist()))
    wrong = labels != [names.index(speaker) for speaker in who.tolist()]
    assert len(set(labels.tolist())) == 10
    assert wrong.mean() < 0.01
    assert max(sizes) <= 512 * 512
    assert sum(sizes) < 5_000 * 5_000


def test_a_few_seconds_are_a_speaker_in_minutes_but_not_in_hours() -> None:
    short = [heard(9, 2.0, 1)]
    talk = [heard(1 + n % 3, 12.0, 10 + n) for n in range(600)]
    assert len(set(cluster([*talk[:30], *short], ClusteringOptions()))) == 4
    assert len(set(cluster([*talk, *short], ClusteringOptions()))) == 3
    asked = cluster([*talk, *short], ClusteringOptions(), DiarizeOptions(n_speakers=4))
    assert len(set(asked)) == 4


def test_more_speakers_than_half_a_block_are_merged() -> None:
    voices = [heard(n, 6.0, n) for n in range(40)]
    assert len(set(cluster(voices, ClusteringOptions(block=64)))) == 40
    assert len(set(cluster(voices, ClusteringOptions(block=8)))) <= 8
