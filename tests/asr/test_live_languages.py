"""Live speech in two languages: decided after each pause, held back while undecided."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.asr.recognizer import (
    Recognition,
    RecognizedWord,
    RecognizeOptions,
    RecognizerInfo,
)
from meetcore.asr.streaming.options import StreamingOptions
from meetcore.asr.streaming.streaming_recognizer import StreamingRecognizer
from meetcore.records import SAMPLE_RATE, Samples, Word
from tests.asr.test_streaming import SCALE, Loudness, Perfect, runs

GERMAN = 500
"""Words from this number on are German."""


class Polyglot(Perfect):
    """Two languages; below two seconds of speech it takes German for English."""

    asked = 0

    @property
    def info(self) -> RecognizerInfo:
        return RecognizerInfo("numbers", "fake", "cpu", "float32", ("en", "de"))

    def language_probabilities(self, samples: Samples, context: float = 30.0) -> dict[str, float]:
        self.asked += 1
        numbers = [number for number, _, _ in runs(samples)]
        german = sum(number >= GERMAN for number in numbers) / max(1, len(numbers))
        speech = np.count_nonzero(samples) / SAMPLE_RATE
        if speech < 1.4:
            return {"en": 0.6, "de": 0.3, "la": 0.1}
        return {"de": 0.95 * german, "en": 0.95 * (1 - german), "la": 0.05}


class Prompt(Polyglot):
    """Reads the last word right while it is still said, so that it is committed early."""

    def recognize(self, samples: Samples, options: RecognizeOptions) -> Recognition:
        self.calls.append((samples.shape[0], options))
        words = [
            RecognizedWord(
                f" word{number}", first / SAMPLE_RATE, stop / SAMPLE_RATE, 0.9, (1000 + number,)
            )
            for number, first, stop in runs(samples)
        ]
        fresh = tuple(word for word in words if word.tokens[0] not in options.prefix_tokens)
        return Recognition(fresh, self.doubt, 0.0, 1.0, "en")


def talk(*parts: tuple[str, float], pause: float = 0.9) -> Samples:
    """Words of 0.3 s with 0.1 s between them, in a language for so many seconds; then a pause."""
    pieces, following = [], {"en": 1, "de": GERMAN + 1}
    for language, seconds in parts:
        for _ in range(max(1, round(seconds / 0.4))):
            level = 0.1 + following[language] / SCALE
            pieces += [np.full(4800, level, np.float32), np.zeros(1600, np.float32)]
            following[language] += 1
        pieces.append(np.zeros(round(pause * SAMPLE_RATE), np.float32))
    return np.concatenate(pieces)


def stream(
    audio: Samples, chunk: int, language: str | None = None, kind: type[Polyglot] = Polyglot
) -> tuple[list[Word], Polyglot]:
    recognizer = kind()
    streaming = StreamingRecognizer(recognizer, Loudness(), StreamingOptions(language=language))
    words: list[Word] = []
    for start in range(0, audio.shape[0], chunk):
        words += streaming.push(audio[start : start + chunk]).committed
    words += streaming.flush().committed
    return words, recognizer


def mistaken(words: list[Word]) -> int:
    """Words whose language is not that of their number."""
    numbers = [int("".join(filter(str.isdigit, word.text)) or 0) for word in words]
    return sum(
        (word.language == "de") != (number >= GERMAN)
        for word, number in zip(words, numbers, strict=True)
    )


@pytest.mark.parametrize("pause", [0.9, 1.3, 2.0])
def test_each_utterance_is_in_its_own_language(pause: float) -> None:
    audio = talk(("en", 4), ("de", 5), ("en", 3), ("de", 6), pause=pause)
    words, recognizer = stream(audio, 8000)
    assert {word.language for word in words} == {"en", "de"}
    assert mistaken(words) == 0 and len(words) == 45
    assert {options.language for _, options in recognizer.calls} <= {None, "en", "de"}


@pytest.mark.parametrize("last_s", [0.5, 0.7, 0.9])
@pytest.mark.parametrize("kind", [Polyglot, Prompt])
def test_a_pause_ends_the_utterance_however_early_its_last_word_was_committed(
    kind: type[Polyglot], last_s: float
) -> None:
    long = {
        language: np.full(round(last_s * SAMPLE_RATE), 0.1 + number / SCALE, np.float32)
        for language, number in (("en", 400), ("de", GERMAN + 400))
    }
    silence = np.zeros(24_000, np.float32)
    said = [
        np.concatenate([talk((language, 4.0), pause=0.0), long[language], silence])
        for language in ("en", "de")
    ]
    missed = {
        offset: count
        for offset in range(0, 8000, 320)
        if (
            count := mistaken(stream(np.concatenate([silence[:offset], *said]), 8000, kind=kind)[0])
        )
    }
    assert not missed


def test_an_utterance_too_short_to_tell_keeps_the_last_language() -> None:
    words, _ = stream(talk(("de", 5), ("en", 0.8), ("de", 4), ("en", 0.4)), 8000)
    assert {word.language for word in words} == {"de"}


def test_a_given_language_is_never_asked_for() -> None:
    words, recognizer = stream(talk(("en", 4), ("de", 4)), 8000, "en")
    assert recognizer.asked == 0 and {word.language for word in words} == {None}
    assert {options.language for _, options in recognizer.calls} == {"en"}


def test_once_an_utterance_is_decided_it_is_not_looked_at_again() -> None:
    _, recognizer = stream(talk(("en", 20)), 8000)
    assert recognizer.asked <= 6


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(("en", "de")), st.floats(0.4, 6)), min_size=1, max_size=6),
    st.integers(200, 40_000),
)
def test_any_chunking_gives_the_same_languages(parts: list[tuple[str, float]], chunk: int) -> None:
    audio = talk(*parts)
    assert stream(audio, chunk)[0] == stream(audio, 8000)[0]


@pytest.mark.parametrize("pause", [0.5, 0.9, 2.0])
def test_the_first_words_wait_for_more_speech_over_short_pauses(pause: float) -> None:
    """The first second of German is taken for English by the recognizer."""
    audio = talk(("de", 0.8), ("de", 0.8), ("de", 4), pause=pause)
    recognizer = Polyglot()
    streaming = StreamingRecognizer(recognizer, Loudness(), StreamingOptions())
    early = round((1.6 + 1.5 * pause) * SAMPLE_RATE)
    first = streaming.push(audio[:early])
    assert first.committed == () and first.tentative
    rest = (*streaming.push(audio[early:]).committed, *streaming.flush().committed)
    assert {word.language for word in rest} == {"de"} and mistaken(list(rest)) == 0


def test_first_words_before_a_long_silence_are_committed_and_decide_nothing() -> None:
    audio = np.concatenate([talk(("de", 0.8), pause=4.5), talk(("de", 4))])
    streaming = StreamingRecognizer(Polyglot(), Loudness(), StreamingOptions())
    first = streaming.push(audio[: round(5.2 * SAMPLE_RATE)]).committed
    assert len(first) == 2
    rest = [*streaming.push(audio[round(5.2 * SAMPLE_RATE) :]).committed]
    rest += streaming.flush().committed
    assert {word.language for word in rest} == {"de"}


@pytest.mark.parametrize(
    ("few", "spoken", "expected"),
    [("en,de", "de", {"de"}), ("en,la", "de", {"en", "la"}), ("de,la", "de", {"de"})],
)
def test_only_candidates_are_found(few: str, spoken: str, expected: set[str]) -> None:
    words, recognizer = stream(talk((spoken, 5), (spoken, 3)), 8000, few)
    assert words and {word.language for word in words} <= expected
    asked = {options.language for _, options in recognizer.calls} - {None}
    assert asked <= set(few.split(","))
