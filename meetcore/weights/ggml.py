"""Converts Whisper's ggml f16 format to OpenAI's checkpoint format without loss.

Source of the layout: whisper.cpp, models/convert-pt-to-ggml.py. It keeps OpenAI's tensor
names and writes matrices as f16 and vectors as f32; OpenAI publishes fp16, so nothing is lost.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from meetcore.installation import REINSTALL
from meetcore.weights.progress import SourceFailedError

_MAGIC = 0x67676D6C
_DIMS = (
    "n_vocab",
    "n_audio_ctx",
    "n_audio_state",
    "n_audio_head",
    "n_audio_layer",
    "n_text_ctx",
    "n_text_state",
    "n_text_head",
    "n_text_layer",
    "n_mels",
)
_F16 = 1
_TENSOR_TYPES: dict[int, np.dtype[Any]] = {0: np.dtype("<f4"), _F16: np.dtype("<f2")}
_COLUMN_BIASES = ("encoder.conv1.bias", "encoder.conv2.bias")


@dataclass(frozen=True, slots=True)
class GgmlWhisper:
    """A Whisper model: OpenAI's dimensions, and its tensors, float16, by OpenAI's names."""

    dims: dict[str, int]
    tensors: dict[str, npt.NDArray[np.float16]]


def read_ggml(path: Path) -> GgmlWhisper:
    """Read a ggml f16 Whisper file.

    Raises
    ------
    SourceFailedError
        It is no such file, or a value cannot be represented in float16 exactly.
    """
    try:
        with path.open("rb") as file:
            dims = _read_header(file)
            _skip_filters_and_vocabulary(file)
            tensors: dict[str, npt.NDArray[np.float16]] = {}
            while head := file.read(12):
                name, values = _read_tensor(file, head)
                tensors[name] = values
    except (struct.error, ValueError, KeyError) as error:
        raise SourceFailedError(f"{path.name} is not a readable ggml file ({error})") from error
    return GgmlWhisper(dims, tensors)


def convert_ggml(path: Path, target: Path) -> None:
    """Convert a ggml file to an OpenAI checkpoint: {"dims": …, "model_state_dict": …}, fp16.

    Raises
    ------
    SourceFailedError
        The file cannot be converted, or torch is not installed yet; then call again later.
    """
    try:
        import torch
    except ImportError as error:
        raise SourceFailedError(
            f"it waits to be converted, which needs torch (`{REINSTALL}`)"
        ) from error
    model = read_ggml(path)
    state = {name: torch.from_numpy(values) for name, values in model.tensors.items()}
    torch.save({"dims": model.dims, "model_state_dict": state}, target)


def _integers(file: BinaryIO, count: int) -> tuple[int, ...]:
    return struct.unpack(f"<{count}i", file.read(4 * count))


def _read_header(file: BinaryIO) -> dict[str, int]:
    magic, *values, file_type = _integers(file, 2 + len(_DIMS))
    if magic != _MAGIC or file_type != _F16:
        raise ValueError(f"magic {magic:#x}, type {file_type}; expected ggml with f16")
    return dict(zip(_DIMS, values, strict=True))


def _skip_filters_and_vocabulary(file: BinaryIO) -> None:
    rows, columns = _integers(file, 2)
    file.seek(4 * rows * columns, 1)
    (tokens,) = _integers(file, 1)
    for _ in range(tokens):
        (length,) = _integers(file, 1)
        file.seek(length, 1)


def _read_tensor(file: BinaryIO, head: bytes) -> tuple[str, npt.NDArray[np.float16]]:
    """One tensor; `head` are its first 12 bytes: dimensions, length of the name, type."""
    n_dims, name_length, kind = struct.unpack("<3i", head)
    shape = _integers(file, n_dims)[::-1]  # ggml writes the fastest axis first
    name = file.read(name_length).decode()
    dtype = _TENSOR_TYPES[kind]
    data = file.read(dtype.itemsize * int(np.prod(shape)))
    values = np.frombuffer(data, dtype).reshape(shape)
    if name in _COLUMN_BIASES:  # stored as (n, 1) for ggml's broadcasting
        values = values.reshape(-1)
    half = values.astype(np.float16)
    if not np.array_equal(half.astype(values.dtype), values):
        raise ValueError(f"{name} holds values that float16 cannot")
    return name, half
