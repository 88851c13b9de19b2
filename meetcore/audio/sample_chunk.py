"""Finds the chunk with the samples in WAV, RF64, Wave64, AIFF and CAF files, and mends its size.

Recorders that are ended early, or that write more than 4 GB, leave a size that is too small: FFmpeg
then reads a part, or nothing.
Sources: RFC 2361 and EBU Tech 3306 (RIFF, RF64), AIFF 1.3, Apple Core Audio Format 1.0, Sony
Wave64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Literal

_W64_RIFF = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")
"""The end of the GUIDs of all other Wave64 chunks; they begin with four letters."""
PLACEHOLDERS_FROM = 0x7FFF_0000
"""Recorders that write to a pipe put such a size into a RIFF file, as they cannot know it."""
_LARGEST = 2**48
"""A larger size is no size: FFmpeg overflows on it."""
_MOST_CHUNKS = 10_000


@dataclass(frozen=True, slots=True)
class _Form:
    """How a family of files writes its chunks."""

    first: int
    id_bytes: int
    size_bytes: int
    order: Literal["little", "big"]
    size_counts_header: bool = False
    padding: int = 2

    @property
    def header(self) -> int:
        return self.id_bytes + self.size_bytes


_RIFF, _RIFX = _Form(12, 4, 4, "little"), _Form(12, 4, 4, "big")
_W64 = _Form(40, 16, 8, "little", size_counts_header=True, padding=8)
_CAF = _Form(8, 4, 8, "big", padding=1)
_FORMS = {b"RIFF": _RIFF, b"RF64": _RIFF, b"RIFX": _RIFX, b"FORM": _RIFX, b"caff": _CAF}


@dataclass(frozen=True, slots=True)
class SampleChunk:
    """The chunk with the samples; positions and sizes in bytes."""

    form: _Form
    at: int
    end: int | None
    """Where it ends according to its size; None where the size is a placeholder."""
    is_long: bool
    """Its size stands elsewhere (RF64)."""


def sample_chunk(file: BinaryIO, size: int) -> SampleChunk | None:
    """The chunk with the samples; None in a file of another kind. Moves the position."""
    file.seek(0)
    head = file.read(16)
    form = _W64 if head == _W64_RIFF else _FORMS.get(head[:4])
    if form is None:
        return None
    at, long_size = form.first, None
    for _ in range(_MOST_CHUNKS):
        if at + form.header > size:
            return None
        kind, length = _chunk(file, at, form)
        if kind == b"ds64":
            file.seek(at + 16)
            long_size = int.from_bytes(file.read(8), "little")
        if kind in (b"data", b"SSND"):
            if long_size is not None and length == 0xFFFF_FFFF:
                return SampleChunk(form, at, at + form.header + long_size, is_long=True)
            return SampleChunk(form, at, _end(form, at, length), is_long=False)
        at = _next(form, at, length)
        if length < 0:
            return None
    return None


def mended_size(file: BinaryIO, size: int) -> tuple[int, bytes] | None:
    """Where to read which bytes instead, so that all samples are read; None where all is well."""
    chunk = sample_chunk(file, size)
    if chunk is None or chunk.end is None or chunk.is_long:
        return None
    form = chunk.form
    is_possible = chunk.at + form.header <= chunk.end < _LARGEST
    if is_possible and (chunk.end + form.header >= size or _chunk_follows(file, chunk, size)):
        return None
    length = size - chunk.at - (0 if form.size_counts_header else form.header)
    field = min(length, 256**form.size_bytes - 1).to_bytes(form.size_bytes, form.order)
    return chunk.at + form.id_bytes, field


def _chunk(file: BinaryIO, at: int, form: _Form) -> tuple[bytes, int]:
    """The first four letters of a chunk's id, and the size that it states."""
    file.seek(at)
    kind = file.read(form.id_bytes)
    raw = file.read(form.size_bytes)
    return kind[:4], int.from_bytes(raw, form.order, signed=form is _CAF)


def _next(form: _Form, at: int, length: int) -> int:
    end = at + length + (0 if form.size_counts_header else form.header)
    return end + -end % form.padding


def _end(form: _Form, at: int, length: int) -> int | None:
    is_open = length == 0 and form is _RIFF
    if is_open or length < 0 or (form.size_bytes == 4 and length >= PLACEHOLDERS_FROM):
        return None
    return at + length + (0 if form.size_counts_header else form.header)


def _chunk_follows(file: BinaryIO, chunk: SampleChunk, size: int) -> bool:
    form = chunk.form
    assert chunk.end is not None
    at = chunk.end + -chunk.end % form.padding
    file.seek(at)
    name = file.read(form.id_bytes)
    _, length = _chunk(file, at, form)
    if form is _W64:
        return name[4:] == _W64_TAIL
    fits = 0 <= length <= size - at - form.header + form.padding
    return len(name) == form.id_bytes and name.isascii() and name.isalnum() and fits
