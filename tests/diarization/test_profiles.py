"""Voice profiles: matching, enrolment and combination."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.diarization.streaming.diarizer import StreamingDiarizer
from meetcore.diarization.verification.clean_speech import clean_spans, voice_from_spans
from meetcore.diarization.verification.matching import (
    EnrolledVoice,
    VoicePrint,
    combine,
    enroll,
    further_matches,
    match_profiles,
    recognition_threshold,
)
from meetcore.diarization.voice_similarity import Voice, reliability
from meetcore.errors import EnrollmentTooShortError
from meetcore.models.identifier_session import IdentifierSession
from meetcore.records import SAMPLE_RATE, Turn
from tests.diarization.synthetic import (
    SyntheticEmbedding,
    SyntheticSegmentation,
    conversation,
    said,
    voice_of,
)

TURNS = st.lists(
    st.tuples(st.floats(0, 60), st.floats(0.1, 20), st.sampled_from("ABC")), max_size=12
)


def heard(speaker: int, duration: float, seed: int) -> Voice:
    blur = np.random.default_rng([seed, 7]).normal(size=192)
    known = reliability(duration)
    vector = known * voice_of(speaker) + np.sqrt(1 - known**2) * blur / np.linalg.norm(blur)
    return Voice.of(vector, duration)


def profile(speaker: int, duration: float = 20.0, weight: str = "campplus") -> EnrolledVoice:
    direction = heard(speaker, duration, 100 + speaker).direction.astype(np.float32)
    return EnrolledVoice(f"p{speaker}", f"Person {speaker}", weight, direction, duration)


def test_each_known_voice_gets_its_own_profile_and_strangers_none() -> None:
    voices = {f"S{n}": heard(n, 12.0, n) for n in (3, 1, 8)}
    found = match_profiles(voices, [profile(1), profile(2), profile(3)], "campplus")
    assert {label: match.profile_id for label, match in found.items()} == {"S1": "p1", "S3": "p3"}
    assert found["S1"].name == "Person 1"
    assert all(0.8 < match.similarity <= 1.0 for match in found.values())


def test_two_labels_of_one_person_do_not_share_a_profile() -> None:
    voices = {"S1": heard(1, 4.0, 1), "S2": heard(1, 30.0, 2)}
    assert len(match_profiles(voices, [profile(1)], "campplus")) == 1


def test_profiles_of_another_weight_are_not_compared() -> None:
    voices = {"S1": heard(1, 12.0, 1)}
    assert match_profiles(voices, [profile(1, weight="ecapa")], "campplus") == {}
    assert match_profiles(voices, [], "campplus") == {}
    assert match_profiles({}, [profile(1)], "campplus") == {}


def test_very_short_speech_is_not_matched() -> None:
    assert match_profiles({"S1": heard(1, 1.0, 1)}, [profile(1)], "campplus") == {}
    assert (
        recognition_threshold(1.5, 20.0)
        > recognition_threshold(5.0, 20.0)
        > recognition_threshold(60.0, 60.0)
    )


def test_a_second_voice_like_a_profile_is_found_beside_the_best() -> None:
    voices = {"S1": heard(1, 30.0, 1), "S2": heard(1, 20.0, 2), "S3": heard(2, 20.0, 3)}
    best = match_profiles(voices, [profile(1)], "campplus")
    assert set(best) < {"S1", "S2"} and len(best) == 1
    others = {label: voice for label, voice in voices.items() if label not in best}
    further = further_matches(others, [profile(1)], "campplus")
    assert set(further) == {"S1", "S2"} - set(best)
    assert further_matches({}, [profile(1)], "campplus") == {}


@given(TURNS)
def test_clean_spans_are_all_of_a_speaker_alone(items: list[tuple[float, float, str]]) -> None:
    turns = [Turn(start, start + length, who) for start, length, who in items]
    merged = [t for t in turns if t.speaker != "A"]
    own = [t for t in turns if t.speaker == "A"]
    clean = clean_spans(turns, "A")
    for at in np.linspace(0.0, 80.0, 401) + 0.0123:
        alone = any(t.start < at < t.end for t in own) and not any(
            t.start < at < t.end for t in merged
        )
        assert any(t.start < at < t.end for t in clean) == alone


def test_a_profile_is_made_of_the_longest_clean_speech() -> None:
    talk = conversation((1, 2.0), (2, 40.0), (1, 50.0), (0, 3.0), (1, 30.0))
    spans = [Turn(0.0, 2.0, "S1"), Turn(42.0, 92.0, "S1"), Turn(95.0, 125.0, "S1")]
    reads: list[tuple[int, int]] = []

    def read(start: int, stop: int) -> np.ndarray:
        reads.append((start, stop))
        return talk[start:stop]

    embedding, seconds = enroll(read, spans, SyntheticEmbedding())
    assert seconds == pytest.approx(60.0, abs=0.1)
    assert embedding.dtype == np.float32 and np.linalg.norm(embedding) == pytest.approx(1.0)
    assert embedding @ voice_of(1) > 0.8
    assert max(stop - start for start, stop in reads) <= 5 * SAMPLE_RATE
    assert min(start for start, _ in reads) == 42 * SAMPLE_RATE


def test_speech_of_another_speaker_inside_the_spans_is_left_out() -> None:
    talk = conversation((1, 12.0), (2, 4.0), (1, 8.0))
    embedding, seconds = enroll(
        lambda start, stop: talk[start:stop], [Turn(0.0, 24.0, "S1")], SyntheticEmbedding()
    )
    assert seconds == pytest.approx(20.0, abs=0.1)
    assert embedding @ voice_of(1) > 0.8
    assert abs(embedding @ voice_of(2)) < 0.2


@pytest.mark.parametrize("length", [0.0, 0.5, 2.5])
def test_too_little_speech_is_an_error_of_one_sentence(length: float) -> None:
    talk = conversation((1, 3.0))
    with pytest.raises(EnrollmentTooShortError, match=r"3 s are needed\. Try again once"):
        enroll(lambda start, stop: talk[start:stop], [Turn(0, length, "S1")], SyntheticEmbedding())


def test_a_nan_embedding_is_left_out() -> None:
    class Broken(SyntheticEmbedding):
        def embed(self, samples: np.ndarray, masks: np.ndarray | None = None) -> np.ndarray:
            return np.full((1, 192), np.nan, np.float32)

    talk = conversation((1, 9.0))
    assert (
        voice_from_spans(lambda start, stop: talk[start:stop], [Turn(0, 9, "S1")], Broken()) is None
    )


def test_more_speech_counts_more_when_profiles_are_combined() -> None:
    long, short = profile(1, 50.0), profile(2, 5.0)
    both = combine(long, VoicePrint(short.embedding, short.duration))
    assert both.duration == 55.0
    assert both.embedding @ long.embedding > 0.95 > both.embedding @ short.embedding
    one_way, other_way = combine(short, long), both
    np.testing.assert_allclose(one_way.embedding, other_way.embedding, atol=1e-6)


def test_a_running_meeting_has_voices_by_the_labels_of_its_turns() -> None:
    audio = conversation((1, 6), (0, 1), (2, 6), (0, 1), (1, 5))
    live = StreamingDiarizer(SyntheticSegmentation(), SyntheticEmbedding())
    session = IdentifierSession("m", None, live)
    durations = [0.0]
    for start in range(0, len(audio), SAMPLE_RATE):
        session.process_audio_chunk(audio[start : start + SAMPLE_RATE], start / SAMPLE_RATE)
        durations.append(sum(voice.duration for voice in session.voices().values()))
    turns = live.flush().turns
    known = [profile(2), profile(1)]
    matches = match_profiles(session.voices(), known, "campplus")
    assert {label: match.profile_id for label, match in matches.items()} == {
        said(turns, 3): "p1",
        said(turns, 10): "p2",
    }
    assert all(one <= other + 1e-6 for one, other in pairwise(durations))
    session.close()
    assert session.voices() == {}


def test_a_meeting_without_a_diarizer_has_no_voices() -> None:
    assert IdentifierSession("m", None, None).voices() == {}
