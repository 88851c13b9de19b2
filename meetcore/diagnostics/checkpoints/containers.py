"""Files of weights that hold no code at all: what their headers say."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from meetcore.diagnostics.findings import Checkpoint

HEAD = 4096
MOST_DIMENSIONS = 16
LONGEST_HEADER = 16 * 2**20
PRECISIONS = {"F32": "float32", "F16": "float16", "BF16": "bfloat16", "F64": "float64"}


def starts_safetensors(head: bytes) -> bool:
    """Whether it begins with the length of a JSON header, and that."""
    if len(head) < 10:
        return False
    (length,) = struct.unpack("<Q", head[:8])
    return 2 <= length <= LONGEST_HEADER and head[8:9] == b"{"


def safetensors(found: Checkpoint, file: BinaryIO) -> Checkpoint:
    """Names, shapes and precision. Source: the format's README, huggingface/safetensors."""
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
    """Numbers in a tensor; 0 for a shape that no tensor has, of which the product may be huge."""
    sizes = [size for size in shape[:MOST_DIMENSIONS] if isinstance(size, int) and size < 2**40]
    return math.prod(sizes) if len(sizes) == len(shape) else 0


def starts_onnx(head: bytes) -> bool:
    """Whether it begins as a ModelProto: a version, then who produced it, or a graph."""
    return (
        len(head) > 2
        and head[:1] == b"\x08"
        and 1 <= head[1] <= 30
        and head[2:3] in (b"\x12", b"\x3a")
    )


def onnx(found: Checkpoint, file: BinaryIO) -> Checkpoint:
    """ModelProto: 1 ir_version, 2 producer_name, 3 producer_version. Source: onnx.proto."""
    head = file.read(HEAD)
    fields: dict[int, str] = {}
    place = 2
    while place + 1 < len(head) and head[place] in (0x12, 0x1A) and head[place + 1] < 0x80:
        end = place + 2 + head[place + 1]
        fields[head[place] >> 3] = head[place + 2 : end].decode("utf-8", "replace")
        place = end
    wrote = ((fields[2], fields.get(3, "")),) if fields.get(2) else ()
    return replace(found, container="onnx", kind="ONNX model", written_by=wrote)


def ggml(found: Checkpoint, file: BinaryIO) -> Checkpoint:
    """Known by its first four bytes."""
    return replace(found, container="ggml", kind="whisper.cpp model")


def gguf(found: Checkpoint, file: BinaryIO) -> Checkpoint:
    """Known by its first four bytes."""
    return replace(found, container="gguf", kind="llama.cpp model")


def starts_converted(head: bytes) -> bool:
    """Whether it begins as CTranslate2's model.bin: a version, a length, a name of that length."""
    length = int.from_bytes(head[4:6], "little")
    name = head[6 : 6 + length]
    known = head[1:4] == bytes(3) and 2 <= length <= 64 and name.endswith(b"Spec\0")
    return known and len(name) == length


def converted(found: Checkpoint, file: BinaryIO) -> Checkpoint:
    """A model.bin, without the folder it belongs into."""
    return replace(found, container="ctranslate2", kind=converted_kind(found.path))


def converted_kind(model: Path) -> str:
    """Format version, then the name of what it holds. Source: CTranslate2's model_spec.py."""
    with model.open("rb") as file:
        head = file.read(256)
    length = int.from_bytes(head[4:6], "little")
    name = head[6 : 6 + length].rstrip(b"\0").decode("ascii", "replace")
    return f"CTranslate2 {name}" if name.isidentifier() else "CTranslate2 model"
