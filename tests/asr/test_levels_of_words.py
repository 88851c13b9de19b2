"""Words of quiet and loud recordings, and none of sounds without speech, with real weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from meetcore.asr.recognizer import Recognizer
from meetcore.asr.registry import load_recognizer
from meetcore.audio.media_files import read_audio
from meetcore.benchmarks.offline.levels_sweep import recorded
from meetcore.benchmarks.offline.synthetic_sounds import at_level, sound
from meetcore.benchmarks.whole_clip import final_text, live_text
from meetcore.metrics.wer import word_errors
from meetcore.records import SAMPLE_RATE, Samples
from meetcore.weights.resolver import WeightResolver
from tests.support.spoken_words import JFK

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def tiny(resolver: WeightResolver) -> Recognizer:
    return load_recognizer("tiny.en", resolver)


@pytest.fixture(scope="module")
def jfk() -> Samples:
    return read_audio(Path(__file__).parents[1] / "data" / "jfk.flac")


@pytest.mark.parametrize("level", [-75.0, -59.0, -45.0, 0.0, 25.0])
def test_speech_has_the_same_words_at_any_level(
    tiny: Recognizer, jfk: Samples, level: float
) -> None:
    samples = recorded(jfk, level)
    allowed = 0.14 if level < -60.0 else 0.0
    assert word_errors(JFK, final_text(samples, tiny)).rate <= allowed
    assert word_errors(JFK, live_text(samples, tiny)).rate <= allowed + 0.05


@pytest.mark.parametrize("level", [-60.0, -30.0])
def test_speech_in_noise_has_the_same_words_at_any_level(
    tiny: Recognizer, jfk: Samples, level: float
) -> None:
    noisy = at_level(jfk, 0.0) + sound("pink", len(jfk) / SAMPLE_RATE, -15.0)
    assert word_errors(JFK, final_text(recorded(noisy, level), tiny)).rate <= 0.1


@pytest.mark.parametrize("kind", ["white", "pink", "brown", "hum", "keyboard", "music", "melody"])
@pytest.mark.parametrize("level", [-75.0, -36.0, -12.0])
def test_sounds_without_speech_have_no_words(tiny: Recognizer, kind: str, level: float) -> None:
    samples = recorded(np.clip(sound(kind, 30.0, level), -1.0, 1.0), level)
    assert final_text(samples, tiny) == ""
    assert live_text(samples, tiny) == ""
