"""Conversion of ggml to OpenAI's checkpoint: of a small file made by hand, and of base.en."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from meetcore.errors import WeightUnavailableError
from meetcore.weights.catalogue import Catalogue, Source, SourcePart
from meetcore.weights.ggml import convert_ggml, read_ggml
from meetcore.weights.progress import SourceFailedError
from meetcore.weights.resolver import CacheState, WeightResolver
from tests.weights.conftest import Publisher, file_of

DIMS = (51864, 1500, 512, 8, 6, 448, 512, 8, 6, 80)


def write_ggml(path: Path, tensors: dict[str, np.ndarray], magic: int = 0x67676D6C) -> Path:
    """A ggml f16 file, written from whisper.cpp's description of the format."""
    data = struct.pack("<12i", magic, *DIMS, 1)
    data += struct.pack("<2i", 2, 3) + bytes(4 * 2 * 3)  # mel filters
    data += struct.pack("<i", 2) + struct.pack("<i", 3) + b"abc" + struct.pack("<i", 1) + b"d"
    for name, values in tensors.items():
        kind = 1 if values.dtype == np.float16 else 0
        data += struct.pack("<3i", values.ndim, len(name), kind)
        data += struct.pack(f"<{values.ndim}i", *reversed(values.shape))
        data += name.encode() + values.tobytes()
    path.write_bytes(data)
    return path


def test_tensors_keep_their_names_shapes_and_values(tmp_path: Path) -> None:
    matrix = np.arange(6, dtype=np.float16).reshape(2, 3) / 7
    bias = np.asarray([[0.5], [-2.0]], dtype=np.float32)
    path = write_ggml(tmp_path / "m.bin", {"decoder.x.weight": matrix, "encoder.conv1.bias": bias})
    model = read_ggml(path)
    assert tuple(model.dims.values()) == DIMS
    np.testing.assert_array_equal(model.tensors["decoder.x.weight"], matrix)
    np.testing.assert_array_equal(model.tensors["encoder.conv1.bias"], bias.reshape(-1))
    assert {values.dtype for values in model.tensors.values()} == {np.dtype(np.float16)}


def test_value_that_float16_cannot_represent_is_refused(tmp_path: Path) -> None:
    finer = np.asarray([1.0001], dtype=np.float32)
    with pytest.raises(SourceFailedError, match="float16 cannot"):
        read_ggml(write_ggml(tmp_path / "m.bin", {"x": finer}))


@pytest.mark.parametrize("keep", [0, 20, 60, -3])
def test_a_broken_file_is_refused(tmp_path: Path, keep: int) -> None:
    path = write_ggml(tmp_path / "m.bin", {"x": np.ones((2, 2), np.float16)})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(SourceFailedError, match="not a readable ggml file"):
        read_ggml(path)
    with pytest.raises(SourceFailedError, match="magic"):
        read_ggml(write_ggml(path, {}, magic=1))


@pytest.mark.model
def test_a_converted_weight_is_verified_by_its_own_hash(
    publisher: Publisher, catalogue_of: Callable[..., Catalogue], cache_dir: Path, tmp_path: Path
) -> None:
    import torch

    matrix = np.arange(6, dtype=np.float16).reshape(2, 3)
    raw = write_ggml(tmp_path / "raw.bin", {"x": matrix}).read_bytes()
    publisher.files["/raw.bin"] = raw
    source = Source(
        "http",
        {"raw.bin": (SourcePart(f"{publisher.url}/raw.bin"),)},
        raw=file_of("raw.bin", raw),
    )
    catalogue = catalogue_of((file_of("a.pt", b"as published"),), source)
    resolver = WeightResolver(cache_dir, catalogue=catalogue)
    assert resolver.pull(convert=False) == {"w": None}
    assert resolver.cached("w") is None
    path = resolver.resolve("w")
    assert len(publisher.requests) == 1
    checkpoint = torch.load(path, weights_only=True)
    np.testing.assert_array_equal(checkpoint["model_state_dict"]["x"].numpy(), matrix)
    assert resolver.verify("w") is CacheState.VERIFIED
    path.write_bytes(path.read_bytes() + b"!")
    assert resolver.verify("w") is CacheState.CORRUPT
    with pytest.raises(WeightUnavailableError):
        WeightResolver(cache_dir, offline=True, catalogue=catalogue).resolve("w")


@pytest.mark.model
def test_the_default_set_arrives_and_base_en_is_whispers(resolver: WeightResolver) -> None:
    import torch
    from whisper.model import ModelDimensions, Whisper

    names = resolver.catalogue.default_names
    assert resolver.pull() == dict.fromkeys(names)
    assert {resolver.verify(name) for name in names} == {CacheState.VERIFIED}
    checkpoint = torch.load(resolver.resolve("base.en"), weights_only=True)
    assert tuple(checkpoint["dims"].values()) == DIMS
    state = checkpoint["model_state_dict"]
    expected = Whisper(ModelDimensions(**checkpoint["dims"])).state_dict()
    assert state.keys() == expected.keys()
    assert {name: value.shape for name, value in state.items()} == {
        name: value.shape for name, value in expected.items()
    }
    assert {value.dtype for value in state.values()} == {torch.float16}
    # The encoder's positions are a formula, so their true values are known: sinusoids.
    known = expected["encoder.positional_embedding"].half()
    difference = (state["encoder.positional_embedding"].float() - known.float()).abs().max()
    assert difference <= 2**-11


@pytest.mark.model
def test_convert_writes_what_read_gives(tmp_path: Path) -> None:
    import torch

    matrix = np.arange(12, dtype=np.float16).reshape(3, 2, 2)
    raw = write_ggml(tmp_path / "raw.bin", {"x": matrix})
    convert_ggml(raw, tmp_path / "a.pt")
    state = torch.load(tmp_path / "a.pt", weights_only=True)["model_state_dict"]
    assert torch.equal(state["x"], torch.from_numpy(matrix))
