"""A recording in two languages, each written in its own, with a real multilingual weight."""

from __future__ import annotations

from pathlib import Path

import pytest

from meetcore.asr.language import decide, language_evidence
from meetcore.asr.offline.recognize_recording import recognize_recording
from meetcore.asr.recognizer import Recognizer
from meetcore.asr.registry import load_recognizer
from meetcore.asr.vad.silero import load_activity
from meetcore.audio.media_files import read_audio
from meetcore.records import SAMPLE_RATE, Samples, Word
from meetcore.weights.resolver import WeightResolver

pytestmark = pytest.mark.model

GERMAN_FROM = 10.0
"""Seconds; English before it."""


@pytest.fixture(scope="module")
def base(resolver: WeightResolver) -> Recognizer:
    return load_recognizer("base", resolver)


@pytest.fixture(scope="module")
def mixed() -> Samples:
    return read_audio(Path(__file__).parents[1] / "data" / "english-then-german.ogg")


def between(samples: Samples, start: float, end: float) -> Samples:
    return samples[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]


def words_of(samples: Samples, recognizer: Recognizer) -> list[Word]:
    results = recognize_recording(
        lambda start, end: samples[start:end], samples.shape[0], recognizer, load_activity()
    )
    return [word for result in results for word in result.words]


def plain(words: list[Word]) -> set[str]:
    return {word.text.strip(" .,!?").lower() for word in words}


def test_each_half_is_written_in_its_own_language(base: Recognizer, mixed: Samples) -> None:
    words = words_of(mixed, base)
    english = [word for word in words if word.start < GERMAN_FROM]
    german = [word for word in words if word.start >= GERMAN_FROM]
    assert {word.language for word in english} == {"en"}
    assert {word.language for word in german} == {"de"}
    assert {"married", "woman", "respectable", "himself"} <= plain(english)
    assert {"guten", "morgen", "sprechen", "heute", "brauchen", "mehr"} <= plain(german)


@pytest.mark.parametrize(
    ("long", "short", "languages"),
    [
        ((5.0, 9.6), (10.5, 11.0), ("en", "en")),
        ((5.0, 9.6), (12.5, 13.2), ("en", "en")),
        ((13.4, 20.7), (7.0, 7.45), ("de", "de")),
        ((5.0, 9.6), (17.5, 20.5), ("en", "de")),
        ((13.4, 20.7), (6.9, 9.6), ("de", "en")),
    ],
)
def test_a_stretch_too_short_to_tell_keeps_the_language_before_it(
    base: Recognizer,
    mixed: Samples,
    long: tuple[float, float],
    short: tuple[float, float],
    languages: tuple[str, str],
) -> None:
    stretches = [language_evidence(between(mixed, *each), base) for each in (long, short)]
    assert decide(stretches) == languages
