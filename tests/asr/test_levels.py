"""Gains are bounded and continuous; each frame of a recording has one probability of speech."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.asr.offline.cutter import cut_pieces
from meetcore.asr.vad.activity import FRAME_SAMPLES, EnergyActivity, Probabilities, solid_speech
from meetcore.asr.vad.levels import (
    LARGEST_GAIN_DB,
    LOUD_DB,
    RunningGain,
    frame_levels_db,
    gain_db,
    loudest_tenth_db,
)
from meetcore.asr.vad.recording_speech import READ_FRAMES, RecordingSpeech
from meetcore.asr.vad.silero import load_activity
from meetcore.benchmarks.offline.synthetic_sounds import sound
from meetcore.records import SAMPLE_RATE, Samples
from tests.asr.fakes import LevelActivity, spoken

levels_db = st.lists(st.floats(-100.0, 30.0), min_size=1, max_size=400).map(
    lambda values: np.array(values, dtype=np.float32)
)


def test_gains_are_bounded_continuous_and_never_swap_levels() -> None:
    levels = np.arange(-100.0, 40.0, 0.1)
    gains = gain_db(levels)
    assert gains.max() == LARGEST_GAIN_DB
    assert np.abs(np.diff(gains)).max() < 0.25
    raised = levels + gains
    assert raised.max() == pytest.approx(LOUD_DB, abs=0.01)
    assert raised[(levels > -62.0)].min() >= -32.1
    assert not gains[(levels >= -32.0) & (levels <= LOUD_DB)].any()


@settings(max_examples=50, deadline=None)
@given(levels_db, st.lists(st.integers(1, 60), min_size=1, max_size=8))
def test_a_running_gain_is_the_same_for_any_chunking(levels: np.ndarray, sizes: list[int]) -> None:
    whole = RunningGain().push(levels)
    running, parts, position, turn = RunningGain(), [], 0, 0
    while position < len(levels):
        size = sizes[turn % len(sizes)]
        parts.append(running.push(levels[position : position + size]))
        position, turn = position + size, turn + 1
    assert np.array_equal(np.concatenate(parts), whole)
    assert whole.shape == levels.shape and whole.max() <= LARGEST_GAIN_DB


def test_a_loud_word_after_silence_is_not_raised() -> None:
    levels = np.array([-90.0] * 300 + [-20.0] * 10, dtype=np.float32)
    gains = RunningGain().push(levels)
    assert gains[150] == LARGEST_GAIN_DB and gains[300] == 0.0


def test_a_quiet_word_before_a_loud_one_is_found(sample_audio: Samples) -> None:
    """The sample begins with a "Hello?" 15 dB below what follows, after seconds of silence."""
    speech = RecordingSpeech(lambda a, b: sample_audio[a:b], len(sample_audio), load_activity())
    found = np.flatnonzero(speech.probabilities(0, 400) >= 0.5) * FRAME_SAMPLES / SAMPLE_RATE
    assert found[0] == pytest.approx(6.72, abs=0.1)


def test_no_frames_have_no_level() -> None:
    none = np.zeros(0, dtype=np.float32)
    assert loudest_tenth_db(none) == -100.0
    assert RunningGain().push(none).shape == (0,)


def test_speech_shorter_than_a_word_is_a_click() -> None:
    def solid(*probabilities: float) -> list[bool]:
        return solid_speech(np.array(probabilities, dtype=np.float32), 0.35).tolist()

    assert solid(0.9, 0.9, 0.1, 0.9, 0.9) == [False] * 5
    assert solid(0.1, 0.25, 0.9, 0.25) == [False, True, True, True]
    assert solid(0.3, 0.3, 0.3, 0.3) == [False] * 4
    assert solid() == []


class Tired(LevelActivity):
    """Finds no speech in the first half second after a reset: a fresh state misses onsets."""

    def reset(self) -> None:
        self._fresh = 16

    def speech_probabilities(self, samples: Samples) -> Probabilities:
        found = super().speech_probabilities(samples)
        found[: self._fresh] = 0.0
        self._fresh = max(0, self._fresh - len(found))
        return found


@pytest.mark.parametrize("first_word", [3.0, 24.0, 27.9, 29.0, 45.0])
def test_speech_once_found_is_not_lost_where_a_piece_begins(first_word: float) -> None:
    """Cutting the silence before the first speech must not judge it again from a fresh state."""
    starts = [first_word, *np.arange(first_word + 0.5, first_word + 70.0, 0.5)]
    samples = spoken(starts, starts[-1] + 2.0, length=0.4)
    pieces = list(cut_pieces(lambda a, b: samples[a:b], len(samples), Tired()))
    assert pieces[0].start_sample / SAMPLE_RATE == pytest.approx(first_word - 0.2, abs=0.04)
    for piece in pieces:
        silent = LevelActivity().speech_probabilities(piece.samples) == 0.0
        assert ((piece.probabilities == 0.0) == silent).all()
    for before, after in pairwise(pieces):
        assert before.end_sample == after.start_sample


def test_each_frame_has_one_probability_whatever_is_asked_for(sample_audio: Samples) -> None:
    audio = np.concatenate((sample_audio, sample_audio, sample_audio))
    longest = 0

    def read(start: int, stop: int) -> Samples:
        nonlocal longest
        longest = max(longest, stop - start)
        return audio[start:stop]

    count = -(-len(audio) // FRAME_SAMPLES)
    speech = RecordingSpeech(read, len(audio), load_activity())
    whole = speech.probabilities(0, count)
    assert whole.shape == (count,) and longest <= READ_FRAMES * FRAME_SAMPLES
    other = RecordingSpeech(read, len(audio), load_activity())
    assert np.array_equal(other.probabilities(1500, count), whole[1500:])
    assert np.array_equal(other.probabilities(10, 1600), whole[10:1600])
    assert other.probabilities(5, 5).shape == (0,)
    running = load_activity().speech_probabilities(audio)
    assert np.mean((running >= 0.35) != (whole >= 0.35)) < 0.02


@pytest.mark.parametrize("gain", [-42.0, -27.0, 30.0])
def test_the_same_speech_is_found_at_any_level(sample_audio: Samples, gain: float) -> None:
    def found(samples: Samples) -> np.ndarray:
        speech = RecordingSpeech(lambda a, b: samples[a:b], len(samples), load_activity())
        return speech.probabilities(0, len(samples) // FRAME_SAMPLES) >= 0.35

    usual = found(sample_audio)
    other = found(sample_audio * np.float32(10 ** (gain / 20)))
    assert np.count_nonzero(usual & ~other) < 0.03 * np.count_nonzero(usual)


@pytest.mark.parametrize("kind", ["white", "hum", "fan", "dither", "melody"])
@pytest.mark.parametrize("level", [-75.0, -40.0, -10.0])
def test_sounds_without_speech_have_none(kind: str, level: float) -> None:
    samples = np.clip(sound(kind, 40.0, level), -1.0, 1.0)
    pieces = list(cut_pieces(lambda a, b: samples[a:b], len(samples), load_activity()))
    solid = sum(np.count_nonzero(solid_speech(piece.probabilities, 0.35)) for piece in pieces)
    assert solid * FRAME_SAMPLES / SAMPLE_RATE < 0.6


@pytest.mark.parametrize("level", [-50.0, -30.0, -20.0])
def test_the_energy_detector_judges_by_contrast_not_by_level(level: float) -> None:
    scale = np.float32(10 ** (level / 20))
    samples = np.random.default_rng(1).normal(0, 0.01, 8 * SAMPLE_RATE).astype(np.float32)
    assert not (EnergyActivity().speech_probabilities(samples * scale) >= 0.35).any()
    samples[3 * SAMPLE_RATE : 5 * SAMPLE_RATE] *= 30.0
    found = EnergyActivity().speech_probabilities(samples * scale) >= 0.35
    loud = frame_levels_db(samples) > -20.0
    assert np.mean(found != loud) < 0.02
