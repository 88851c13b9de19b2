"""The second pass on synthetic audio: no word lost or doubled, loops and gaps retried."""

from __future__ import annotations

import logging
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.asr.offline.coverage import snapped, uncovered
from meetcore.asr.offline.cutter import cut_pieces
from meetcore.asr.offline.recognize_recording import (
    OfflineRecognitionOptions,
    PieceWords,
    recognize_recording,
)
from meetcore.asr.recognizer import Recognition, RecognizedWord, RecognizeOptions
from meetcore.asr.vad.activity import Region
from meetcore.asr.vad.levels import FRAME_SAMPLES
from meetcore.asr.vad.recording_speech import READ_FRAMES
from meetcore.records import SAMPLE_RATE, Samples
from tests.asr.fakes import LevelActivity, ScriptedRecognizer, failing, plain, spoken


def second_pass(samples: Samples, recognizer: ScriptedRecognizer) -> list[PieceWords]:
    return list(
        recognize_recording(
            lambda start, end: samples[start:end], samples.shape[0], recognizer, LevelActivity()
        )
    )


def texts(results: list[PieceWords]) -> list[str]:
    return [word.text for result in results for word in result.words]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.45, 12.0), min_size=1, max_size=150))
def test_each_word_comes_once_in_order_and_in_time(gaps: list[float]) -> None:
    starts = list(np.cumsum(gaps))
    samples = spoken(starts, starts[-1] + 1.0)
    results = second_pass(samples, ScriptedRecognizer())
    assert texts(results) == [f" w{number}" for number in range(1, len(starts) + 1)]
    found = [word.start for result in results for word in result.words]
    assert found == pytest.approx(starts, abs=0.001)


def test_pieces_are_short_ordered_and_read_lazily() -> None:
    samples = spoken(list(np.arange(0.5, 200.0, 0.5)), 201.0, length=0.45)
    longest = 0

    def read(start: int, end: int) -> Samples:
        nonlocal longest
        longest = max(longest, end - start)
        return samples[start:end]

    pieces = list(cut_pieces(read, samples.shape[0], LevelActivity()))
    assert longest <= READ_FRAMES * FRAME_SAMPLES
    assert pieces[-1].end_sample >= samples.shape[0] - SAMPLE_RATE
    for before, after in pairwise(pieces):
        assert before.end_sample == after.start_sample
        assert before.samples.shape[0] >= 4 * SAMPLE_RATE


def test_silence_and_empty_audio_have_no_pieces() -> None:
    recognizer = ScriptedRecognizer()
    assert second_pass(np.zeros(0, dtype=np.float32), recognizer) == []
    assert second_pass(np.zeros(100 * SAMPLE_RATE, dtype=np.float32), recognizer) == []
    assert recognizer.calls == []


def test_loud_sound_that_is_no_speech_is_left_out() -> None:
    hum = np.random.default_rng(0).normal(0, 0.1, 5 * SAMPLE_RATE).astype(np.float32)

    class Deaf(LevelActivity):
        def speech_probabilities(self, samples: Samples) -> np.ndarray:
            return super().speech_probabilities(samples) * np.float32(0.05)

    assert list(cut_pieces(lambda start, end: hum[start:end], hum.shape[0], Deaf())) == []


def test_a_loop_is_tried_again_with_other_settings() -> None:
    def say(
        samples: Samples, options: RecognizeOptions, words: list[RecognizedWord]
    ) -> Recognition:
        return plain(words) if options.timestamps else plain(words[:1], truncated=True)

    samples = spoken([0.5, 1, 1.5, 2, 2.5, 3], 3.9)
    recognizer = ScriptedRecognizer(say)
    assert texts(second_pass(samples, recognizer)) == [f" w{n}" for n in range(1, 7)]
    assert [options.timestamps for _, options in recognizer.calls] == [False, True]


def test_a_piece_that_keeps_looping_is_halved_at_a_pause() -> None:
    def say(
        samples: Samples, options: RecognizeOptions, words: list[RecognizedWord]
    ) -> Recognition:
        return plain(words[:1], truncated=True) if len(words) > 3 else plain(words)

    samples = spoken(list(range(1, 21)), 21.5)
    assert texts(second_pass(samples, ScriptedRecognizer(say))) == [f" w{n}" for n in range(1, 21)]


def test_speech_without_words_is_recognized_again() -> None:
    def say(
        samples: Samples, options: RecognizeOptions, words: list[RecognizedWord]
    ) -> Recognition:
        return plain([*words[:2], *words[-2:]]) if len(words) > 9 else plain(words)

    samples = spoken([0.5 + 0.5 * n for n in range(12)], 7.0, length=0.45)
    assert texts(second_pass(samples, ScriptedRecognizer(say))) == [f" w{n}" for n in range(1, 13)]


def test_rejected_text_is_kept_with_its_reason() -> None:
    def say(
        samples: Samples, options: RecognizeOptions, words: list[RecognizedWord]
    ) -> Recognition:
        return replace(plain(words), average_log_probability=-3.0)

    (result,) = second_pass(spoken([1, 2, 3], 4.0), ScriptedRecognizer(say))
    assert result.words == ()
    (rejected,) = result.rejected
    assert (rejected.text, rejected.reason) == ("w1 w2 w3", "unlikely")
    assert (rejected.start, rejected.end) == pytest.approx((1.0, 3.3), abs=0.01)


def test_a_failing_piece_costs_its_words_only(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        (result,) = second_pass(spoken([1, 2, 3], 4.0), ScriptedRecognizer(failing))
    assert result.failed and result.words == ()
    assert "failed" in caplog.text


def test_pieces_come_one_by_one_so_that_iteration_can_stop() -> None:
    samples = spoken(list(np.arange(1, 100, 0.6)), 101.0)
    recognizer = ScriptedRecognizer()
    results = recognize_recording(
        lambda start, end: samples[start:end],
        samples.shape[0],
        recognizer,
        LevelActivity(),
        OfflineRecognitionOptions(language="en", beam_size=2),
    )
    ends = [next(results).end_sample]
    assert len(recognizer.calls) == 1
    assert recognizer.calls[0][1].beam_size == 2
    ends += [piece.end_sample for piece in results]
    assert ends == sorted(ends) and ends[-1] >= samples.shape[0] - 2 * SAMPLE_RATE


def timed(start: float, end: float) -> RecognizedWord:
    return RecognizedWord(" x", start, end, 0.9, (1,))


def region(start: float, end: float) -> Region:
    return Region(round(start * SAMPLE_RATE), round(end * SAMPLE_RATE))


def test_a_word_stretched_over_a_pause_is_cut_to_its_speech() -> None:
    (word,) = snapped([timed(0.0, 7.2)], [region(1.0, 1.1), region(6.6, 9.0)])
    assert (word.start, word.end) == (6.6, 7.2)
    assert snapped([timed(3.0, 3.5)], [region(6.0, 9.0)]) == (timed(3.0, 3.5),)


def test_gaps_are_speech_that_no_word_accounts_for() -> None:
    words = [timed(1.0, 1.5), timed(1.5, 9.0)]
    assert uncovered(words, [region(0.9, 4.0)]) == [region(2.7, 4.0)]
    assert uncovered([], [region(1.0, 2.0)]) == [region(1.0, 2.0)]
    assert uncovered(words, []) == []
