"""The second pass on the sample conversation with real weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from meetcore.asr.offline.recognize_recording import recognize_recording
from meetcore.asr.registry import load_recognizer
from meetcore.asr.vad.silero import load_activity
from meetcore.metrics.wer import word_errors
from meetcore.records import Samples
from meetcore.weights.resolver import WeightResolver

if TYPE_CHECKING:
    from tests.conftest import SamplePaths

pytestmark = pytest.mark.model


def test_tiny_english_word_error_rate_on_the_sample(
    resolver: WeightResolver, sample_audio: Samples, sample_paths: SamplePaths
) -> None:
    """Measured 11.5 %; the bound leaves room for other processors' rounding."""
    lines = [line.split(maxsplit=5) for line in sample_paths.stm.read_text().splitlines() if line]
    recognizer = load_recognizer("tiny.en", resolver)
    results = list(
        recognize_recording(
            lambda start, end: sample_audio[start:end],
            sample_audio.shape[0],
            recognizer,
            load_activity(),
        )
    )
    words = [word for result in results for word in result.words]
    errors = word_errors(" ".join(line[5] for line in lines), "".join(word.text for word in words))
    assert errors.rate <= 0.20
    assert words == sorted(words, key=lambda word: word.start)
    assert words[0].start == pytest.approx(float(lines[0][3]), abs=0.3)
    assert words[-1].end == pytest.approx(float(lines[-1][4]), abs=0.3)
    assert not any(result.failed for result in results)
