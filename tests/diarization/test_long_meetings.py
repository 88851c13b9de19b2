"""A long meeting of ten synthetic voices: what is read, kept and compared stays bounded."""

from __future__ import annotations

import numpy as np
import pytest

from meetcore.diarization.clustering import ClusteringOptions
from meetcore.diarization.offline.assignments import (
    AssignmentOptions,
    EmbeddedChunk,
    assignments_of,
)
from meetcore.diarization.offline.diarize_recording import OfflineDiarizationOptions, diarize
from meetcore.diarization.track_table import TrackTable
from meetcore.diarization.voice_similarity import VoiceTable, reliability
from meetcore.records import SAMPLE_RATE, Samples
from tests.diarization.synthetic import LEVEL, SyntheticEmbedding, SyntheticSegmentation, voice_of
from tests.diarization.test_clustering import heard


@pytest.fixture
def who() -> np.ndarray:
    """Who speaks in each second: turns of 2 to 9 s, 1 s of silence between them."""
    rng = np.random.default_rng(4)
    turns = [np.r_[np.full(rng.integers(2, 10), rng.integers(1, 11)), 0] for _ in range(200)]
    return np.concatenate(turns)[:900]


def test_ten_voices_in_a_quarter_of_an_hour(
    who: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest, frames, compared = [0], [0], [0]
    add, log_likelihood_ratio = TrackTable.add, VoiceTable.log_likelihood_ratio

    def read(start: int, stop: int) -> Samples:
        longest.append(stop - start)
        return (who[np.arange(start, stop) // SAMPLE_RATE] * LEVEL).astype(np.float32)

    def counted_add(self: TrackTable, start: int, scores: np.ndarray) -> None:
        add(self, start, scores)
        frames.append(self.end - self.start)

    def counted_ratio(self: VoiceTable, other: VoiceTable) -> np.ndarray:
        compared.append(len(self.durations) * len(other.durations))
        return log_likelihood_ratio(self, other)

    monkeypatch.setattr(TrackTable, "add", counted_add)
    monkeypatch.setattr(VoiceTable, "log_likelihood_ratio", counted_ratio)
    options = OfflineDiarizationOptions(clustering=ClusteringOptions(block=32))
    found = diarize(
        read,
        len(who) * SAMPLE_RATE,
        SyntheticSegmentation(),
        SyntheticEmbedding(),
        options=options,
    )
    assert found.speakers_found == 10
    spoken = {int(n): float(np.count_nonzero(who == n)) for n in range(1, 11)}
    durations = sorted(voice.duration for voice in found.voices.values())
    np.testing.assert_allclose(durations, sorted(spoken.values()), rtol=0.1)
    assert max(longest) <= 10 * SAMPLE_RATE
    assert max(frames) <= SyntheticSegmentation.grid.count(15 * SAMPLE_RATE)
    # Clusters with clusters in blocks, then each second of speech with each speaker.
    assert max(compared) <= max(32 * 32, len(who) * 12)


def pieces(*said: tuple[int, int]) -> list[EmbeddedChunk]:
    """Seconds of speech as (speaker, seconds), one piece a second."""
    speakers = [speaker for speaker, seconds in said for _ in range(seconds)]
    return [
        EmbeddedChunk(1, 60 * i, heard(speaker, 1.0, i).direction.astype(np.float32), 1.0)
        for i, speaker in enumerate(speakers)
    ]


def test_a_track_is_split_where_its_voice_changes() -> None:
    assignments = assignments_of(pieces((1, 10), (2, 8), (1, 5)), 30, AssignmentOptions())
    assert [assignment.frame for assignment in assignments] == [30, 600, 1_080]
    assert [assignment.voice.duration for assignment in assignments if assignment.voice] == [
        10.0,
        8.0,
        5.0,
    ]


def test_similar_voices_are_separated_by_all_their_speech() -> None:
    """Single seconds do not show the change of voice, twelve together do."""
    alike = 0.68 * voice_of(1) + np.sqrt(1 - 0.68**2) * voice_of(2)
    talk = pieces((1, 24))
    for index in range(12, 24):
        rest = talk[index].vector - reliability(1.0) * voice_of(1)
        vector = (reliability(1.0) * alike + rest).astype(np.float32)
        talk[index] = EmbeddedChunk(1, talk[index].frame, vector / np.linalg.norm(vector), 1.0)
    assert len(assignments_of(talk, 0, AssignmentOptions(split=-np.inf))) == 1
    assert [assignment.frame for assignment in assignments_of(talk, 0, AssignmentOptions())] == [
        0,
        720,
    ]
    assert len(assignments_of(pieces((1, 60)), 0, AssignmentOptions())) == 1
