"""Reads the headers of weight files that cannot hold code: safetensors, ONNX, GGML, CTranslate2."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from meetcore.checkpoints.info import CheckpointInfo

HEAD = 4096
"""Bytes read to recognize a format."""
MOST_DIMENSIONS = 16
LONGEST_HEADER = 16 * 2**20
"""Bytes of a safetensors header."""
PRECISIONS = {"F32": "float32", "F16": "float16", "BF16": "bfloat16", "F64": "float64"}


def starts_safetensors(head: bytes) -> bool:
    """Whether a file begins like safetensors: the length of a JSON header, then the header."""
    if len(head) < 10:
        return False
    (length,) = struct.unpack("<Q", head[:8])
    return 2 <= length <= LONGEST_HEADER and head[8:9] == b"{"


def safetensors(found: CheckpointInfo, file: BinaryIO) -> CheckpointInfo:
    """Number of tensors and parameters, precision. Source: huggingface/safetensors, README."""
    (length,) = struct.unpack("<Q", file.read(8))
    header = json.loads(file.read(length))
    tensors = [each for name, each in header.items() if name != "__metadata__"]
    counts = [count_of(each["shape"]) for each in tensors]
    kinds = {PRECISIONS.get(each["dtype"], each["dtype"].lower()) for each in tensors}
    return replace(
        found,
        container="safetensors",
        kind="tensors",
        n_tensors=len(tensors),
        n_parameters=sum(counts),
        precision=tuple(sorted(kinds)),
    )


def count_of(shape: Sequence[object]) -> int:
    """Number of elements of a tensor; 0 for an implausible shape, whose product may be huge."""
    sizes = [size for size in shape[:MOST_DIMENSIONS] if isinstance(size, int) and size < 2**40]
    return math.prod(sizes) if len(sizes) == len(shape) else 0


def starts_onnx(head: bytes) -> bool:
    """Whether a file begins like an ONNX ModelProto: ir_version, then producer_name or graph."""
    return (
        len(head) > 2
        and head[:1] == b"\x08"
        and 1 <= head[1] <= 30
        and head[2:3] in (b"\x12", b"\x3a")
    )


def onnx(found: CheckpointInfo, file: BinaryIO) -> CheckpointInfo:
    """Producer and its version: fields 2 and 3 of a ModelProto. Source: onnx.proto."""
    head = file.read(HEAD)
    fields: dict[int, str] = {}
    offset = 2
    while offset + 1 < len(head) and head[offset] in (0x12, 0x1A) and head[offset + 1] < 0x80:
        end = offset + 2 + head[offset + 1]
        fields[head[offset] >> 3] = head[offset + 2 : end].decode("utf-8", "replace")
        offset = end
    written_by = ((fields[2], fields.get(3, "")),) if fields.get(2) else ()
    return replace(found, container="onnx", kind="ONNX model", written_by=written_by)


def ggml(found: CheckpointInfo, file: BinaryIO) -> CheckpointInfo:
    """A GGML file; nothing but its first four bytes is read."""
    return replace(found, container="ggml", kind="whisper.cpp model")


def gguf(found: CheckpointInfo, file: BinaryIO) -> CheckpointInfo:
    """A GGUF file; nothing but its first four bytes is read."""
    return replace(found, container="gguf", kind="llama.cpp model")


def starts_ctranslate2(head: bytes) -> bool:
    """Whether a file begins like CTranslate2's model.bin: version, length, name of that length."""
    length = int.from_bytes(head[4:6], "little")
    name = head[6 : 6 + length]
    known = head[1:4] == bytes(3) and 2 <= length <= 64 and name.endswith(b"Spec\0")
    return known and len(name) == length


def ctranslate2(found: CheckpointInfo, file: BinaryIO) -> CheckpointInfo:
    """A model.bin of CTranslate2 outside its folder."""
    return replace(found, container="ctranslate2", kind=ctranslate2_kind(found.path))


def ctranslate2_kind(model: Path) -> str:
    """The name of the model class in a model.bin. Source: CTranslate2, model_spec.py."""
    with model.open("rb") as file:
        head = file.read(256)
    length = int.from_bytes(head[4:6], "little")
    name = head[6 : 6 + length].rstrip(b"\0").decode("ascii", "replace")
    return f"CTranslate2 {name}" if name.isidentifier() else "CTranslate2 model"
