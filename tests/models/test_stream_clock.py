"""Sessions that leave audio out or change recognizers keep all times on the meeting's clock."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.models.identifier_session import SPLICE_SAMPLES, IdentifierSession
from meetcore.models.stream_clock import StreamClock
from meetcore.records import SAMPLE_RATE, Word
from tests.support.stand_ins import ClockTurns, ClockWords

ACTS = st.lists(
    st.tuples(st.sampled_from(["push", "skip", "swap"]), st.integers(1, 100)), max_size=12
)


def test_a_clock_without_cuts_gives_the_same_objects() -> None:
    words = (Word("a", 1.0, 2.0),)
    assert StreamClock().placed(words) is words


@settings(max_examples=60)
@given(ACTS)
def test_words_and_turns_stay_on_the_meetings_clock(acts: list[tuple[str, int]]) -> None:
    session = IdentifierSession("m", ClockWords(), ClockTurns())
    skipped: list[tuple[float, float]] = []
    for act, tenths in acts:
        n_samples = tenths * SAMPLE_RATE // 10
        at = session.processed_samples / SAMPLE_RATE
        if act == "push":
            session.process_audio_chunk(np.zeros(n_samples, dtype=np.float32), at)
        elif act == "skip":
            session.skip(n_samples)
            skipped.append((at, at + tenths / 10))
        else:
            session.use_recognizer(ClockWords())
    session.flush()
    words = [word for each in session.segments() for word in each.words]
    assert all(a.start < b.start for a, b in itertools.pairwise(words))
    end = session.processed_samples / SAMPLE_RATE
    assert all(word.start >= 0.0 and word.start < end for word in words)
    half = SPLICE_SAMPLES / 2 / SAMPLE_RATE + 0.5
    for begin, over in skipped:
        assert not [w for w in words if begin + half < w.start and w.end < over - half]


@pytest.mark.parametrize("n_samples", [1, SPLICE_SAMPLES, SPLICE_SAMPLES + 1, 100 * SAMPLE_RATE])
def test_a_skip_moves_the_session_by_as_much(n_samples: int) -> None:
    words, turns = ClockWords(), ClockTurns()
    session = IdentifierSession("m", words, turns)
    session.process_audio_chunk(np.zeros(SAMPLE_RATE, dtype=np.float32), 0.0)
    session.skip(n_samples)
    assert session.processed_samples == SAMPLE_RATE + n_samples
    assert words.heard == turns.heard == SAMPLE_RATE + min(n_samples, SPLICE_SAMPLES)
    session.process_audio_chunk(
        np.zeros(SAMPLE_RATE, dtype=np.float32), session.processed_samples / SAMPLE_RATE
    )
