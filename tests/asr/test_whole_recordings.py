"""Whole recordings: parallel workers, resuming, language detection, prompts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from meetcore.asr.offline.recognize_recording import (
    OfflineRecognitionOptions,
    PieceWords,
    recognize_recording,
)
from meetcore.asr.recognizer import Recognition, RecognizedWord, RecognizeOptions, RecognizerInfo
from meetcore.errors import InferenceError
from meetcore.records import SAMPLE_RATE, Samples
from tests.asr.fakes import LevelActivity, Say, ScriptedRecognizer, heard, plain, spoken

TALK = spoken(list(np.arange(0.5, 160.0, 0.6)), 161.0)


def hear(
    recognizer: ScriptedRecognizer,
    options: OfflineRecognitionOptions | None = None,
    start_sample: int = 0,
    samples: Samples = TALK,
) -> list[PieceWords]:
    return list(
        recognize_recording(
            lambda start, end: samples[start:end],
            samples.shape[0],
            recognizer,
            LevelActivity(),
            options,
            start_sample=start_sample,
        )
    )


def info(**changes: object) -> RecognizerInfo:
    return replace(RecognizerInfo("scripted", "fake", "cpu", "float32"), **changes)  # type: ignore[arg-type]


def test_parallel_workers_change_neither_words_nor_order() -> None:
    def say(
        samples: Samples, options: RecognizeOptions, words: list[RecognizedWord]
    ) -> Recognition:
        time.sleep(0.02 if words and words[0].tokens[0] == 1 else 0.0)
        return plain(words)

    assert hear(ScriptedRecognizer(say, info(workers=3))) == hear(ScriptedRecognizer())


def test_few_pieces_are_held_however_long_the_recording_is() -> None:
    recognizer = ScriptedRecognizer(info=info(workers=2))
    results = recognize_recording(
        lambda start, end: TALK[start:end], TALK.shape[0], recognizer, LevelActivity()
    )
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert len(recognizer.calls) <= 4


def test_a_pass_is_resumed_at_a_piece() -> None:
    whole = hear(ScriptedRecognizer())
    assert len(whole) > 4
    assert hear(ScriptedRecognizer(), start_sample=whole[1].end_sample) == whole[2:]


LANGUAGES = ("en", "de")


class Polyglot(ScriptedRecognizer):
    """A weight of two languages: words at an odd level are German. Counts its detections."""

    def __init__(self, say: Say | None = None, workers: int = 1, failing_at: int = -1) -> None:
        super().__init__(say, info(languages=LANGUAGES, workers=workers))
        self.asked = 0
        self.failing_at = failing_at

    def language_probabilities(self, samples: Samples, context: float = 30.0) -> dict[str, float]:
        self.asked += 1
        if self.asked == self.failing_at:
            raise InferenceError("The engine failed on this window.")
        german = sum(is_german(word) for word in heard(samples)) / max(1, len(heard(samples)))
        sure = 0.9 if len(samples) > 2 * SAMPLE_RATE else 0.5
        return {"de": german * sure, "en": (1.0 - german) * sure, "la": 1.0 - sure}


def is_german(word: RecognizedWord) -> bool:
    return word.tokens[0] > 100


def talk(*parts: tuple[str, float]) -> Samples:
    """Stretches of speech in a language for so many seconds, with 0.6 s of silence after each."""
    pieces, numbers = [], {"en": 0, "de": 100}
    for language, seconds in parts:
        for _ in range(round(seconds / 0.5)):
            numbers[language] = numbers[language] % 100 + (101 if language == "de" else 1)
            pieces.append(np.full(SAMPLE_RATE // 2, 0.1 + numbers[language] / 1000, np.float32))
        pieces.append(np.zeros(round(0.6 * SAMPLE_RATE), np.float32))
    return np.concatenate(pieces)


def languages_of(results: list[PieceWords]) -> list[tuple[str | None, bool]]:
    """Language of each word, and whether it is German."""
    return [
        (word.language, int(word.text.removeprefix(" w")) > 100)
        for result in results
        for word in result.words
    ]


def test_a_change_of_language_at_a_pause_splits_the_piece_there() -> None:
    samples = talk(("en", 5), ("de", 4), ("en", 3), ("de", 6), ("de", 2))
    recognizer = Polyglot()
    results = hear(recognizer, samples=samples)
    assert {language == "de" for language, german in languages_of(results) if german} == {True}
    assert {language for language, german in languages_of(results) if not german} == {"en"}
    asked = [options.language for _, options in recognizer.calls]
    assert [language for language, _ in groupby(asked)] == ["en", "de", "en", "de"]
    assert (results[0].language, results[-1].heard) == ("en", ("de", "en"))
    starts = [word.start for result in results for word in result.words]
    assert starts == sorted(starts)


def test_a_stretch_too_short_to_tell_keeps_the_last_language() -> None:
    samples = talk(("de", 5), ("en", 1), ("de", 4), ("en", 0.5))
    recognizer = Polyglot()
    hear(recognizer, samples=samples)
    assert {options.language for _, options in recognizer.calls} == {"de"}


def test_a_given_language_or_a_weight_of_one_asks_for_none() -> None:
    samples = talk(("de", 5), ("en", 5))
    asked = Polyglot()
    results = hear(asked, OfflineRecognitionOptions(language="en"), samples=samples)
    assert (asked.asked, {result.heard for result in results}) == (0, {()})
    assert {options.language for _, options in asked.calls} == {"en"}
    assert languages_said(results) == {None}
    assert languages_said(hear(ScriptedRecognizer(), samples=samples)) == {None}


def languages_said(results: Sequence[PieceWords]) -> set[str | None]:
    return {word.language for result in results for word in result.words}


def test_where_no_language_is_found_the_one_before_is_kept() -> None:
    long = talk(*([("de", 8)] * 9))
    recognizer = Polyglot(failing_at=4)
    results = hear(recognizer, samples=long)
    assert len(results) > 2 and not any(result.failed for result in results)
    assert {language for language, _ in languages_of(results)} == {"de"}


stretches = st.lists(
    st.tuples(st.sampled_from(LANGUAGES), st.floats(0.5, 9.0)), min_size=1, max_size=25
)


@settings(max_examples=25, deadline=None)
@given(stretches, st.integers(1, 3), st.booleans())
@example([("en", 1.0), ("en", 1.0), ("en", 1.0), ("en", 4.0), ("en", 9.0), ("de", 9.0)], 1, False)
def test_a_resumed_pass_gives_the_same_languages(
    parts: list[tuple[str, float]], workers: int, drop: bool
) -> None:
    """Also where the gate refused the words of a piece, so that they cannot show its language."""

    def say(
        samples: Samples, options: RecognizeOptions, words: list[RecognizedWord]
    ) -> Recognition:
        odd = drop and words and words[0].tokens[0] % 2
        return replace(plain(words), average_log_probability=-3.0 if odd else -0.2)

    samples = talk(*parts)
    whole = hear(Polyglot(say, workers), samples=samples)
    for done, result in enumerate(whole):
        options = OfflineRecognitionOptions(heard=result.heard)
        rest = hear(Polyglot(say, workers), options, result.end_sample, samples)
        assert rest == whole[done + 1 :]


def test_the_prompt_goes_before_every_piece_but_not_before_a_retry() -> None:
    def say(
        samples: Samples, options: RecognizeOptions, words: list[RecognizedWord]
    ) -> Recognition:
        return plain(words, truncated=bool(options.prompt_tokens))

    recognizer = ScriptedRecognizer(say)
    results = hear(recognizer, OfflineRecognitionOptions(prompt="  Zhanar,\nMeetcore "))
    expected = recognizer.tokens_of(" Zhanar, Meetcore.")
    tried = [options.prompt_tokens for _, options in recognizer.calls]
    assert tried[::2] == [expected] * len(results) and set(tried[1::2]) == {()}


def test_of_a_long_prompt_the_end_is_kept() -> None:
    recognizer = ScriptedRecognizer()
    hear(recognizer, OfflineRecognitionOptions(prompt="x" * 500 + "end"))
    tokens = recognizer.calls[0][1].prompt_tokens
    assert len(tokens) == 100 and "".join(map(chr, tokens)).endswith("xend.")


@pytest.mark.parametrize(
    "text, kept", [(" Zhanar Meetcore", False), (" and Zhanar", False), (" Zhanar is here", True)]
)
def test_a_prompt_repeated_over_doubtful_audio_is_rejected(text: str, kept: bool) -> None:
    def say(
        samples: Samples, options: RecognizeOptions, words: list[RecognizedWord]
    ) -> Recognition:
        echo = replace(words[0], text=text, start=0.5, end=2.5)
        return replace(plain([echo]), no_speech_probability=0.9)

    (result,) = hear(
        ScriptedRecognizer(say),
        OfflineRecognitionOptions(prompt="Agenda, Zhanar, Meetcore"),
        samples=spoken([0.5], 3.0, length=2.0),
    )
    assert [word.text for word in result.words] == ([text] if kept else [])
    assert [item.reason for item in result.rejected] == ([] if kept else ["prompt"])
