"""Options, windows, token caps and the registry's messages, without any weight."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from meetcore.asr import registry
from meetcore.asr.recognizer import (
    Recognition,
    RecognizedWord,
    RecognizeOptions,
    RecognizerInfo,
    check_window,
)
from meetcore.asr.registry import load_recognizer
from meetcore.asr.whisper.decoded import token_cap
from meetcore.errors import ModelUnavailableError, WeightUnavailableError
from meetcore.weights.resolver import WeightResolver


@pytest.mark.parametrize(
    "wrong", [{"context": 0.0}, {"context": 31.0}, {"beam_size": 0}, {"max_new_tokens": 0}]
)
def test_impossible_options_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RecognizeOptions(**wrong)  # type: ignore[arg-type]


def test_windows_are_mono_and_fit() -> None:
    check_window(np.zeros(480_000, dtype=np.float32))
    with pytest.raises(ValueError, match="at most 30 s"):
        check_window(np.zeros(480_001, dtype=np.float32))
    with pytest.raises(ValueError, match="shape"):
        check_window(np.zeros((2, 100), dtype=np.float32))


def test_token_caps_grow_with_the_audio_and_the_script() -> None:
    assert token_cap(0.0, "en") == 10
    assert token_cap(5.0, "en") == 50
    assert token_cap(5.0, "hi") == 110
    assert token_cap(30.0, "hi") == 224


def test_a_recognizer_describes_itself() -> None:
    info = RecognizerInfo("tiny.en", "ctranslate2", "cpu", "int8")
    assert str(info) == "tiny.en · ctranslate2 · cpu int8"
    words = (RecognizedWord(" Oh,", 0, 1, 1.0, (1,)), RecognizedWord(" hello.", 1, 2, 1.0, (2,)))
    assert Recognition(words).text == " Oh, hello."


@pytest.fixture
def empty_resolver(tmp_path: Path) -> WeightResolver:
    return WeightResolver(tmp_path / "cache", offline=True)


def test_an_unknown_weight_is_named(empty_resolver: WeightResolver) -> None:
    with pytest.raises(WeightUnavailableError, match="enormous"):
        load_recognizer("enormous", empty_resolver)


def test_an_unknown_engine_is_named(tmp_path: Path, empty_resolver: WeightResolver) -> None:
    given = tmp_path / "a.pt"
    given.write_bytes(b"")
    with pytest.raises(ModelUnavailableError, match="MEETCORE_ENGINE"):
        load_recognizer(str(given), empty_resolver, engine="steam")


def test_an_engine_that_does_not_read_the_format_names_one_that_does(
    tmp_path: Path, empty_resolver: WeightResolver
) -> None:
    given = tmp_path / "base"
    given.mkdir()
    (given / "model.bin").write_bytes(b"")
    with pytest.raises(ModelUnavailableError) as caught:
        load_recognizer(str(given), empty_resolver, engine="openai-whisper")
    assert str(caught.value) == (
        "base is of the format ctranslate2, which openai-whisper cannot read;"
        " set MEETCORE_ENGINE=ctranslate2."
    )


def test_without_any_engine_the_remedy_is_named(
    tmp_path: Path, empty_resolver: WeightResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tmp_path / "a.pt"
    given.write_bytes(b"")
    monkeypatch.setattr(registry, "ENGINES", {"ctranslate2": "tests.asr.fakes:NotInstalled"})
    with pytest.raises(ModelUnavailableError, match="pip install"):
        load_recognizer(str(given), empty_resolver)
    with pytest.raises(ModelUnavailableError, match="not installed"):
        load_recognizer(str(given), empty_resolver, engine="ctranslate2")
