"""The pieces and words of a recording that grows are those of the whole recording."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.asr.offline.chunking import Piece
from meetcore.asr.offline.cutter import Cutter, cut_pieces
from meetcore.asr.offline.recognize_recording import recognize_pieces, recognize_recording
from meetcore.asr.vad.activity import Activity, EnergyActivity
from meetcore.asr.vad.silero import load_activity
from meetcore.records import SAMPLE_RATE, Samples
from tests.asr.fakes import LevelActivity, ScriptedRecognizer, spoken

gaps = st.lists(
    st.one_of(st.floats(0.31, 0.5), st.floats(0.31, 3.0), st.floats(3.0, 40.0)),
    min_size=1,
    max_size=120,
)
steps = st.lists(st.integers(1, 40 * SAMPLE_RATE), min_size=1, max_size=60)


def read_of(samples: Samples) -> Callable[[int, int], Samples]:
    return lambda start, end: samples[start:end]


def grown(
    samples: Samples, activity: Activity, steps: Iterable[int], start: int = 0
) -> list[Piece]:
    """The pieces that a cutter gives while the recording grows by these steps."""
    cutter, length, found = Cutter(read_of(samples), activity, start), 0, []

    def read_so_far(begin: int, end: int) -> Samples:
        assert end <= length, "samples that are not recorded yet were read"
        return samples[begin:end]

    cutter = Cutter(read_so_far, activity, start)
    for step in steps:
        length = min(length + step, len(samples))
        found += cutter.pieces(length, ended=False)
        assert not found or cutter.position == found[-1].end_sample
        assert cutter.begin >= (found[-1].end_sample if found else start) - 512
    length = len(samples)
    return [*found, *cutter.pieces(length, ended=True)]


def assert_equal(found: Sequence[Piece], expected: Sequence[Piece]) -> None:
    def place(piece: Piece) -> tuple[object, ...]:
        return piece.start_sample, piece.end_sample, piece.regions, piece.speech_level_db

    assert [place(piece) for piece in found] == [place(piece) for piece in expected]
    for one, other in zip(found, expected, strict=True):
        assert np.array_equal(one.samples, other.samples)
        assert np.array_equal(one.probabilities, other.probabilities)


@settings(max_examples=60, deadline=None)
@given(gaps, steps)
def test_any_growth_gives_the_pieces_of_the_whole(gaps: list[float], steps: list[int]) -> None:
    starts = list(np.cumsum(gaps))
    samples = spoken(starts, starts[-1] + 1.0)
    whole = list(cut_pieces(read_of(samples), len(samples), LevelActivity()))
    assert_equal(grown(samples, LevelActivity(), steps), whole)


@settings(max_examples=30, deadline=None)
@given(gaps, steps)
def test_any_growth_gives_the_words_of_the_whole(gaps: list[float], steps: list[int]) -> None:
    starts = list(np.cumsum(gaps))
    samples = spoken(starts, starts[-1] + 1.0)
    recognizer = ScriptedRecognizer()
    whole = recognize_recording(read_of(samples), len(samples), recognizer, LevelActivity())
    pieces = grown(samples, LevelActivity(), steps)
    assert list(recognize_pieces(pieces, recognizer)) == list(whole)


@pytest.fixture(scope="module")
def conversation(sample_audio: Samples) -> Samples:
    """The sample, long silences, noise and the sample at other levels: 165 s."""
    rng = np.random.default_rng(4)
    quiet, loud = sample_audio * np.float32(0.05), sample_audio * np.float32(2.0)
    noise = rng.normal(0, 0.01, 20 * SAMPLE_RATE).astype(np.float32)
    silence = np.zeros(25 * SAMPLE_RATE, dtype=np.float32)
    return np.concatenate((sample_audio, silence, quiet, noise, loud))


@pytest.mark.parametrize("detector", [load_activity, EnergyActivity])
@pytest.mark.parametrize("seed", range(4))
def test_real_speech_too(
    conversation: Samples, detector: Callable[[], Activity], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    steps = rng.integers(100, (2 + 10 * seed) * SAMPLE_RATE, 400)
    whole = list(cut_pieces(read_of(conversation), len(conversation), detector()))
    assert len(whole) > 2
    assert_equal(grown(conversation, detector(), map(int, steps)), whole)


def test_a_new_cutter_goes_on_behind_any_piece(conversation: Samples) -> None:
    whole = list(cut_pieces(read_of(conversation), len(conversation), load_activity()))
    for number, piece in enumerate(whole[:-1], 1):
        rest = grown(conversation, load_activity(), [SAMPLE_RATE] * 20, piece.end_sample)
        assert_equal(rest, whole[number:])


def test_a_piece_is_given_soon_after_its_pause() -> None:
    starts = list(np.concatenate([at + np.arange(0.0, 9.0, 0.45) for at in range(0, 100, 10)]))
    samples = spoken(starts, 100.0, length=0.43)
    cutter = Cutter(read_of(samples), LevelActivity())
    late = []
    for length in range(SAMPLE_RATE, len(samples), SAMPLE_RATE // 2):
        late += [length - piece.end_sample for piece in cutter.pieces(length, ended=False)]
    assert len(late) >= 9 and max(late) <= 1.6 * SAMPLE_RATE


def test_silence_for_hours_is_neither_kept_nor_read_again() -> None:
    samples = np.zeros(3600 * SAMPLE_RATE, dtype=np.float32)
    read: list[int] = []

    def counting(start: int, end: int) -> Samples:
        read.append(end - start)
        return samples[start:end]

    cutter = Cutter(counting, LevelActivity())
    for length in range(0, len(samples), 10 * SAMPLE_RATE):
        assert not list(cutter.pieces(length, ended=False))
    assert sum(read) < 1.4 * len(samples)
    assert cutter.begin > len(samples) - 20 * SAMPLE_RATE
