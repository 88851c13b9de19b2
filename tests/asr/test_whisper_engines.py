"""Both engines give the same words with the same real weights."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from meetcore.asr.engines.ctranslate2 import CTranslate2Recognizer
from meetcore.asr.engines.ctranslate2_conversion import converted_model
from meetcore.asr.engines.openai_whisper import OpenAIWhisperRecognizer
from meetcore.asr.recognizer import Recognition, RecognizeOptions, Recognizer
from meetcore.asr.registry import load_recognizer
from meetcore.errors import InferenceError, ModelUnavailableError
from meetcore.records import Samples
from meetcore.weights.resolver import WeightResolver
from tests.support.spoken_words import cut, recognized_in_threads

pytestmark = pytest.mark.model

WEIGHT = "tiny.en"
SHORT = RecognizeOptions(context=15.0)


@pytest.fixture(scope="module")
def reference(resolver: WeightResolver) -> OpenAIWhisperRecognizer:
    return OpenAIWhisperRecognizer(resolver.resolve(WEIGHT), WEIGHT)


@pytest.fixture(scope="module")
def exact(resolver: WeightResolver) -> CTranslate2Recognizer:
    directory = converted_model(resolver.resolve(WEIGHT), WEIGHT, resolver.cache_dir)
    return CTranslate2Recognizer(directory, WEIGHT, compute_type="float32", threads=2)


@pytest.fixture(scope="module")
def quick(resolver: WeightResolver) -> Recognizer:
    return load_recognizer(WEIGHT, resolver, engine="ctranslate2", device="cpu")


@pytest.fixture(scope="module", params=["exact", "reference"])
def either(request: pytest.FixtureRequest) -> Recognizer:
    recognizer: Recognizer = request.getfixturevalue(request.param)
    return recognizer


def tokens(recognition: Recognition) -> tuple[int, ...]:
    return tuple(token for word in recognition.words for token in word.tokens)


def test_encoder_outputs_are_equal(
    reference: OpenAIWhisperRecognizer, exact: CTranslate2Recognizer, sample_audio: Samples
) -> None:
    """At most 0.02 apart where values reach into the tens: 1e-3 of their spread."""
    import torch

    with torch.no_grad():
        features = reference._features(sample_audio)
        theirs = reference._model.embed_audio(features[None])[0].numpy()
    ours = np.array(exact.encode([sample_audio], 30.0))[0]
    assert np.abs(theirs - ours).max() < 0.02
    assert np.abs(theirs - ours).mean() < 1e-3 * theirs.std()


@pytest.mark.parametrize(("start", "end"), [(0, 30), (6, 20), (12, 29)])
@pytest.mark.parametrize("timestamps", [False, True])
def test_greedy_tokens_and_times_are_the_same(
    reference: OpenAIWhisperRecognizer,
    exact: CTranslate2Recognizer,
    sample_audio: Samples,
    start: float,
    end: float,
    timestamps: bool,
) -> None:
    options = RecognizeOptions(timestamps=timestamps)
    window = cut(sample_audio, start, end)
    theirs, ours = reference.recognize(window, options), exact.recognize(window, options)
    assert tokens(theirs) == tokens(ours)
    assert [word.text for word in theirs.words] == [word.text for word in ours.words]
    assert [word.start for word in theirs.words] == pytest.approx(
        [word.start for word in ours.words], abs=0.021
    )
    assert theirs.average_log_probability == pytest.approx(ours.average_log_probability, abs=1e-3)
    assert theirs.no_speech_probability == pytest.approx(ours.no_speech_probability, abs=1e-3)


def test_a_prefix_is_continued_with_right_times(either: Recognizer, sample_audio: Samples) -> None:
    window = cut(sample_audio, 12.5, 22.0)
    whole = either.recognize(window, SHORT)
    assert len(whole.words) > 15
    settled = tuple(token for word in whole.words[:8] for token in word.tokens)
    rest = either.recognize(window, replace(SHORT, prefix_tokens=settled))
    assert [word.text for word in rest.words] == [word.text for word in whole.words[8:]]
    assert [word.start for word in rest.words] == pytest.approx(
        [word.start for word in whole.words[8:]], abs=0.041
    )
    nothing = either.recognize(window, replace(SHORT, prefix_tokens=tokens(whole)))
    assert nothing.words == ()


def test_words_come_in_order_within_the_audio(quick: Recognizer, sample_audio: Samples) -> None:
    result = quick.recognize(cut(sample_audio, 12.5, 22.0), SHORT)
    times = [time for word in result.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert times[0] >= 0.0
    assert times[-1] <= 9.5
    assert "Chicago" in result.text
    assert result.language == "en"


def test_words_without_times_span_the_window(quick: Recognizer, sample_audio: Samples) -> None:
    window = cut(sample_audio, 12.5, 22.0)
    result = quick.recognize(window, replace(SHORT, word_times=False))
    assert {(word.start, word.end) for word in result.words} == {(0.0, 9.5)}


def test_a_batch_gives_what_single_windows_give(
    exact: CTranslate2Recognizer, sample_audio: Samples
) -> None:
    windows = [cut(sample_audio, 6.5, 14.0), cut(sample_audio, 14.3, 24.0)]
    batch = exact.recognize_batch(windows, SHORT)
    singles = [exact.recognize(window, SHORT) for window in windows]
    assert [tokens(item) for item in batch] == [tokens(item) for item in singles]
    assert exact.recognize_batch([], SHORT) == []


def test_a_reached_token_cap_is_reported_as_truncated(
    either: Recognizer, sample_audio: Samples
) -> None:
    result = either.recognize(cut(sample_audio, 12.5, 22.0), replace(SHORT, max_new_tokens=5))
    assert result.truncated
    assert len(tokens(result)) == 5


def test_empty_audio_raises_nothing(either: Recognizer) -> None:
    result = either.recognize(np.zeros(0, dtype=np.float32), SHORT)
    assert all(word.start == word.end == 0.0 for word in result.words)


def test_several_threads_get_the_same_words(quick: Recognizer, sample_audio: Samples) -> None:
    window = cut(sample_audio, 12.5, 22.0)
    expected = quick.recognize(window, SHORT)
    results = recognized_in_threads(quick, window, SHORT)
    assert [tokens(result) for result in results] == [tokens(expected)] * 4


def test_an_english_weight_has_one_language(either: Recognizer, sample_audio: Samples) -> None:
    assert either.info.languages == ("en",)
    assert either.language_probabilities(sample_audio) == {"en": 1.0}


@pytest.mark.parametrize("engine", ["ctranslate2", "openai-whisper"])
def test_another_file_is_no_checkpoint(
    tmp_path: Path, engine: str, resolver: WeightResolver
) -> None:
    foreign = tmp_path / "notes.pt"
    foreign.write_bytes(b"not a checkpoint")
    with pytest.raises(ModelUnavailableError, match=r"notes\.pt is not a Whisper checkpoint"):
        load_recognizer(str(foreign), resolver, engine=engine)


def test_two_processes_may_convert_at_once(tmp_path: Path, resolver: WeightResolver) -> None:
    checkpoint = resolver.resolve(WEIGHT)
    found: list[Path] = []
    workers = [
        threading.Thread(target=lambda: found.append(converted_model(checkpoint, WEIGHT, tmp_path)))
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert len(found) == 2
    assert found[0] == found[1]
    assert [path.name for path in (tmp_path / "converted").iterdir()] == [found[0].name]
    assert sorted(path.name for path in found[0].iterdir()) == [
        "config.json",
        "model.bin",
        "vocabulary.json",
    ]


def test_a_closed_recognizer_raises(tmp_path: Path, resolver: WeightResolver) -> None:
    for engine in ("ctranslate2", "openai-whisper"):
        recognizer = load_recognizer(WEIGHT, resolver, engine=engine, device="cpu")
        recognizer.close()
        recognizer.close()
        with pytest.raises(InferenceError, match="closed"):
            recognizer.recognize(np.zeros(1600, dtype=np.float32), SHORT)


def test_the_multilingual_weight_detects_and_takes_a_language(
    resolver: WeightResolver, sample_audio: Samples
) -> None:
    recognizer = load_recognizer("base", resolver, device="cpu")
    assert len(recognizer.info.languages) == 99
    assert {"en", "de", "ja"} <= set(recognizer.info.languages)
    window = cut(sample_audio, 12.5, 22.0)
    assert recognizer.language_probabilities(window)["en"] > 0.9
    assert recognizer.recognize(window, SHORT).language == "en"
    german = recognizer.recognize(window, replace(SHORT, language="de"))
    assert german.language == "de"
    assert german.text != recognizer.recognize(window, SHORT).text


def test_a_retry_of_the_same_audio_is_not_encoded_again(
    exact: CTranslate2Recognizer, sample_audio: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[float] = []
    encode = exact.encode

    def counted(windows: Sequence[Samples], context: float) -> object:
        encoded.append(context)
        return encode(windows, context)

    monkeypatch.setattr(exact, "encode", counted)
    piece, other = cut(sample_audio, 10.0, 18.0), cut(sample_audio, 10.0, 18.0).copy()
    first = exact.recognize(piece, SHORT)
    again = exact.recognize(piece, replace(SHORT, beam_size=3))
    assert len(encoded) == 1 and again.words
    assert exact.recognize(other, SHORT) == first
    exact.recognize(other, replace(SHORT, context=30.0))
    assert len(encoded) == 3
