"""Whole recordings: parallel workers, resuming, language detection, prompts."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from meetcore.asr.offline.recognize_recording import (
    OfflineRecognitionOptions,
    PieceWords,
    recognize_recording,
)
from meetcore.asr.recognizer import Recognition, RecognizedWord, RecognizeOptions, RecognizerInfo
from meetcore.records import Samples
from tests.asr.fakes import LevelActivity, ScriptedRecognizer, plain, spoken

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


def test_the_language_is_detected_once() -> None:
    class Polyglot(ScriptedRecognizer):
        asked = 0

        def detect_language(self, samples: Samples) -> str:
            self.asked += 1
            return "de"

    recognizer = Polyglot(info=info(languages=("de", "en")))
    hear(recognizer)
    assert recognizer.asked == 1
    assert {options.language for _, options in recognizer.calls} == {"de"}
    asked = Polyglot(info=info(languages=("de", "en")))
    hear(asked, OfflineRecognitionOptions(language="en"))
    assert asked.asked == 0 and asked.calls[0][1].language == "en"


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
