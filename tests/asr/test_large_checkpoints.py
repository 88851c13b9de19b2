"""Checkpoints with the inputs and the vocabulary of large-v3 and turbo, small and random."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from meetcore.asr.engines.ctranslate2 import CTranslate2Recognizer
from meetcore.asr.engines.ctranslate2_conversion import alignment_heads, converted_model
from meetcore.asr.engines.openai_whisper import OpenAIWhisperRecognizer
from meetcore.asr.recognizer import Recognition, RecognizeOptions
from meetcore.asr.registry import load_recognizer
from meetcore.asr.whisper.mel import log_mel
from meetcore.records import Samples
from meetcore.weights.resolver import WeightResolver

pytestmark = pytest.mark.model

MELS = 128
VOCABULARY = 51_866
HEADS = 20
"""As large weights have: their alignment heads are then valid for the small ones too."""
CASES = [("turbo", 4, "float32"), ("turbo", 4, "float16"), ("large-v3", 32, "float32")]

Build = Callable[[str, int, str], Path]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Writes a random checkpoint of this name, with so many layers in the decoder."""
    import torch
    from whisper.model import ModelDimensions, Whisper

    def written(name: str, layers: int, stored: str) -> Path:
        path = tmp_path_factory.mktemp("checkpoint") / f"{name}.pt"
        torch.manual_seed(7)
        dims = ModelDimensions(MELS, 1500, 80, HEADS, 2, VOCABULARY, 448, 80, HEADS, layers)
        model = Whisper(dims)
        for parameter in model.parameters():
            if parameter.dim() > 1:
                # Wide enough that tokens depend on the audio and no two of them tie.
                torch.nn.init.normal_(parameter, std=0.25)
        torch.nn.init.normal_(model.decoder.positional_embedding, std=0.5)
        tensors = {
            key: value.to(getattr(torch, stored)) for key, value in model.state_dict().items()
        }
        torch.save({"dims": asdict(dims), "model_state_dict": tensors}, path)
        return path

    return written


def loaded(path: Path, name: str, cache: Path) -> tuple[OpenAIWhisperRecognizer, Any]:
    """openai-whisper's model and ours, converted, both in float32 on one thread."""
    ours = converted_model(path, name, cache)
    return (
        OpenAIWhisperRecognizer(path, name),
        CTranslate2Recognizer(ours, name, compute_type="float32", threads=1),
    )


def tokens(found: Recognition) -> tuple[int, ...]:
    return tuple(token for word in found.words for token in word.tokens)


@pytest.mark.parametrize(("name", "layers", "stored"), CASES)
def test_both_engines_decode_the_same(
    build: Build,
    tmp_path: Path,
    sample_audio: Samples,
    name: str,
    layers: int,
    stored: str,
) -> None:
    reference, ours = loaded(build(name, layers, stored), name, tmp_path)
    assert reference._model.dims.n_mels == ours._model.n_mels == MELS
    seen = set()
    for start in (0, 160_000, 320_000):
        window = sample_audio[start : start + 128_000]
        for language in ("en", "yue", "de"):
            options = RecognizeOptions(language=language, max_new_tokens=24)
            theirs, mine = reference.recognize(window, options), ours.recognize(window, options)
            assert tokens(theirs) == tokens(mine)
            assert [word.text for word in theirs.words] == [word.text for word in mine.words]
            assert [word.probability for word in theirs.words] == pytest.approx(
                [word.probability for word in mine.words], abs=1e-3
            )
            assert [word.start for word in theirs.words] == pytest.approx(
                [word.start for word in mine.words], abs=0.041
            )
            seen.add(tokens(mine))
    assert len(seen) > 3, "the text must depend on audio and language"


def test_features_of_128_mels_are_openais(sample_audio: Samples) -> None:
    import torch
    from whisper.audio import log_mel_spectrogram, pad_or_trim

    theirs = log_mel_spectrogram(pad_or_trim(torch.tensor(np.array(sample_audio))), MELS).numpy()
    ours = log_mel(sample_audio, 30.0, MELS)
    assert ours.shape == theirs.shape == (MELS, 3000)
    assert np.abs(ours - theirs).max() < 2e-3


def test_cantonese_is_one_of_a_hundred_languages(
    build: Build, tmp_path: Path, sample_audio: Samples
) -> None:
    reference, ours = loaded(build("turbo", 4, "float32"), "turbo", tmp_path)
    assert ours.info.languages == reference.info.languages
    assert len(ours.info.languages) == 100 and "yue" in ours.info.languages
    theirs = reference.language_probabilities(sample_audio)
    mine = ours.language_probabilities(sample_audio)
    assert mine.keys() == theirs.keys()
    assert [mine[code] for code in mine] == pytest.approx([theirs[code] for code in mine], abs=1e-4)


@pytest.mark.parametrize(("name", "layers"), [("turbo", 4), ("large-v3", 32)])
def test_converted_config_has_the_published_alignment_heads(
    build: Build, tmp_path: Path, name: str, layers: int
) -> None:
    from whisper import _ALIGNMENT_HEADS
    from whisper.model import ModelDimensions, Whisper

    folder = converted_model(build(name, layers, "float16"), name, tmp_path)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    model = Whisper(ModelDimensions(MELS, 1500, 40, HEADS, 1, VOCABULARY, 448, 40, HEADS, layers))
    model.set_alignment_heads(_ALIGNMENT_HEADS[name])
    published = [tuple(pair) for pair in model.alignment_heads.indices().T.tolist()]
    assert [tuple(pair) for pair in config["alignment_heads"]] == published
    assert alignment_heads(name, layers, HEADS) == published
    assert len(config["lang_ids"]) == 100


def test_int8_and_a_path_of_another_name_load_through_the_registry(
    build: Build, tmp_path: Path, sample_audio: Samples
) -> None:
    path = build("turbo", 4, "float16").rename(tmp_path / "downloaded.pt")
    recognizer = load_recognizer(str(path), WeightResolver(tmp_path, offline=True), device="cpu")
    assert recognizer.info.weight == "downloaded"
    assert recognizer.info.compute_type == "int8"
    found = recognizer.recognize(
        sample_audio[:96_000], RecognizeOptions(language="en", max_new_tokens=12)
    )
    assert len(tokens(found)) == 12
