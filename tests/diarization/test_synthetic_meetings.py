"""Live and second-pass diarization on synthetic voices: chunking, memory, labels, silence."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.diarization.embedding import Embeddings, Masks
from meetcore.diarization.offline.diarize_recording import Diarization, diarize
from meetcore.diarization.segmentation import Activity
from meetcore.diarization.streaming.diarizer import RECENT_S, StreamingDiarizer
from meetcore.records import SAMPLE_RATE, Samples, Turn
from tests.diarization.synthetic import (
    SyntheticEmbedding,
    SyntheticSegmentation,
    conversation,
    said,
)

TALK = conversation((0, 1), (1, 4), (0, 0.5), (2, 5), (1, 3), (0, 12), (3, 4), (2, 4), (0, 1))


def live() -> StreamingDiarizer:
    return StreamingDiarizer(SyntheticSegmentation(), SyntheticEmbedding())


def whole(samples: Samples) -> tuple[Turn, ...]:
    diarizer = live()
    diarizer.push(samples)
    return diarizer.flush().turns


def second_pass(samples: Samples) -> Diarization:
    return diarize(
        lambda start, stop: samples[start:stop],
        len(samples),
        SyntheticSegmentation(),
        SyntheticEmbedding(),
    )


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(1, 120_000), min_size=1, max_size=12))
def test_any_chunking_gives_the_same_turns(sizes: list[int]) -> None:
    diarizer = live()
    position = 0
    while position < len(TALK):
        for size in sizes:
            diarizer.push(TALK[position : position + size])
            position += size
    assert diarizer.flush().turns == whole(TALK)


def test_three_speakers_are_found_and_recognized_again() -> None:
    turns = whole(TALK)
    assert [said(turns, at) for at in (3, 8, 12, 28, 32)] == ["S1", "S2", "S1", "S3", "S2"]
    assert said(turns, 20) is None


def test_turns_are_exclusive_and_in_order() -> None:
    turns = whole(TALK)
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(turns))
    assert all(turn.start < turn.end for turn in turns)


def test_a_known_speaker_is_named_within_a_second() -> None:
    diarizer = live()
    diarizer.push(TALK[: 11 * SAMPLE_RATE])
    update = diarizer.push(TALK[11 * SAMPLE_RATE : round(11.8 * SAMPLE_RATE)])
    assert said(update.turns, 10.9) == "S1"
    assert update.turns[-1].end > 11.0


def test_settled_turns_stay() -> None:
    diarizer = live()
    settled: list[Turn] = []
    for start in range(0, len(TALK), 8_000):
        update = diarizer.push(TALK[start : start + 8_000])
        assert list(update.turns[: len(settled)]) == settled
        settled = [turn for turn in update.turns if turn.end < update.settled_until]


def test_an_update_holds_the_last_minutes_only_and_the_last_one_all_turns() -> None:
    talk = conversation(*[(n % 3 + 1, 5.0) for n in range(240)])
    diarizer, counts = live(), []
    for start in range(0, len(talk), SAMPLE_RATE):
        update = diarizer.push(talk[start : start + SAMPLE_RATE])
        counts.append(len(update.turns))
        covered = update.settled_until - RECENT_S + 10
        assert not update.turns or update.turns[0].start <= max(0.1, covered)
    assert max(counts[-600:]) <= max(counts[200:400]) <= RECENT_S / 5 + 6
    turns = diarizer.flush().turns
    assert turns == whole(talk) and len(turns) >= 235


def test_long_silence_costs_no_model_pass_and_memory_is_bounded() -> None:
    segmentation, embedding = SyntheticSegmentation(), SyntheticEmbedding()
    diarizer = StreamingDiarizer(segmentation, embedding)
    diarizer.push(conversation((1, 5)))
    diarizer.push(conversation((0, 12)))
    passes = segmentation.windows
    for _ in range(20):
        diarizer.push(conversation((0, 10)))
    assert segmentation.windows == passes
    assert len(diarizer._audio) < 12 * SAMPLE_RATE


@pytest.mark.parametrize("level_db", [0, -40, -60])
def test_a_quiet_recording_has_the_same_turns(level_db: int) -> None:
    """A constant level is not silence; only a signal within the smallest 16-bit step is."""
    segmentation = SyntheticSegmentation()

    class AnyLevel(SyntheticSegmentation):
        def activity(self, windows: Samples) -> Activity:
            return segmentation.activity((windows / 10 ** (level_db / 20)).astype(np.float32))

    class EmbeddingOfAnyLevel(SyntheticEmbedding):
        def embed(self, samples: Samples, masks: Masks | None = None) -> Embeddings:
            return super().embed((samples / 10 ** (level_db / 20)).astype(np.float32), masks)

    diarizer = StreamingDiarizer(AnyLevel(), EmbeddingOfAnyLevel())
    diarizer.push((TALK * 10 ** (level_db / 20)).astype(np.float32))
    turns = diarizer.flush().turns
    assert [said(turns, at) for at in (3, 8, 12, 28, 32)] == ["S1", "S2", "S1", "S3", "S2"]


def test_each_second_of_speech_is_embedded_about_once() -> None:
    embedding = SyntheticEmbedding()
    diarizer = StreamingDiarizer(SyntheticSegmentation(), embedding)
    diarizer.push(conversation(*[(who, 4.0) for who in (1, 2) * 8]))
    assert embedding.seconds < 1.3 * 64


def test_close_is_idempotent_and_empty_audio_has_no_turns() -> None:
    diarizer = live()
    assert diarizer.push(np.zeros(0, np.float32)).turns == ()
    assert diarizer.flush().turns == ()
    diarizer.close()
    diarizer.close()


def test_the_second_pass_finds_the_same_speakers() -> None:
    found = second_pass(TALK)
    assert found.speakers_found == 3
    assert [said(found.exclusive_turns, at) for at in (3, 8, 12, 28, 32)] == [
        "S1",
        "S2",
        "S1",
        "S3",
        "S2",
    ]
    assert set(found.voices) == {"S1", "S2", "S3"}
    spoken = {"S1": 7.0, "S2": 9.0, "S3": 4.0}
    assert {k: v.duration for k, v in found.voices.items()} == pytest.approx(spoken, abs=0.5)


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.5, 30.0])
def test_silence_of_any_length_has_no_speakers(seconds: float) -> None:
    found = second_pass(np.zeros(round(seconds * SAMPLE_RATE), np.float32))
    assert (found.turns, found.exclusive_turns, found.speakers_found) == ((), (), 0)


def test_the_second_pass_reads_little_at_a_time_and_can_stop() -> None:
    longest, seen = 0, []

    def read(start: int, stop: int) -> Samples:
        nonlocal longest
        longest = max(longest, stop - start)
        return TALK[start:stop]

    diarize(read, len(TALK), SyntheticSegmentation(), SyntheticEmbedding(), progress=seen.append)
    assert longest <= 10 * SAMPLE_RATE
    assert seen == sorted(seen) and seen[-1] == 1.0

    def stop(part: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        diarize(read, len(TALK), SyntheticSegmentation(), SyntheticEmbedding(), progress=stop)
