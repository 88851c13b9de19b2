"""Tells from a file's outermost structure how long it should be, to recognise one cut short.

Sources: ISO/IEC 14496-12 (boxes), RFC 8794 (EBML), RFC 2361 and EBU Tech 3306 (RIFF, RF64), AIFF
1.3, Apple Core Audio Format 1.0, Sony Wave64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

_PLACEHOLDERS_FROM = 0x7FFF_0000
"""Recorders that write to a pipe put such a size into a RIFF file, as they cannot know it."""
_W64_RIFF = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_MOST_BOXES = 100_000


def announced_bytes(file: BinaryIO, size: int) -> int | None:
    """The size that a file's structure announces, in bytes; None where it announces none.

    Reads headers only; the position in the file changes.

    Parameters
    ----------
    size : of the file, in bytes
    """
    file.seek(0)
    head = file.read(16)
    if head[:4] in (b"RIFF", b"RIFX", b"RF64") or head[:4] == b"FORM":
        return _chunks(file, head, size)
    if head == _W64_RIFF:
        return int.from_bytes(file.read(8), "little")
    if head[:4] == b"caff":
        return _core_audio(file, size)
    if head[:4] == _EBML:
        return _segment_end(file)
    return boxes(file, size).end if is_box_file(head) else None


def is_box_file(head: bytes) -> bool:
    """Whether a file that begins with these bytes is MP4, MOV or M4A."""
    return head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")


@dataclass(frozen=True, slots=True)
class Boxes:
    """The outermost boxes of an MP4, MOV or M4A file."""

    kinds: frozenset[bytes]
    end: int
    """Where the last one ends, in bytes; beyond the file where it was cut."""


def boxes(file: BinaryIO, size: int) -> Boxes:
    """The outermost boxes of an MP4, MOV or M4A file."""
    kinds: set[bytes] = set()
    at = 0
    for _ in range(_MOST_BOXES):
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            break
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        elif length == 0:
            length = size - at
        if length < 8:
            break
        kinds.add(head[4:8])
        at += length
    return Boxes(frozenset(kinds), at)


def _chunks(file: BinaryIO, head: bytes, size: int) -> int | None:
    """The end of the chunk with the samples, in RIFF (little-endian) and AIFF (big-endian)."""
    order = "big" if head[:4] in (b"RIFX", b"FORM") else "little"
    at, long_size = 12, None
    while at + 8 <= size:
        file.seek(at)
        kind, raw = file.read(4), file.read(4)
        length = int.from_bytes(raw, "little" if order == "little" else "big")
        if kind == b"ds64":
            file.seek(at + 16)
            long_size = int.from_bytes(file.read(8), "little")
        if kind in (b"data", b"SSND"):
            if length == 0xFFFF_FFFF and long_size:
                return at + 8 + long_size
            return None if length == 0 or length >= _PLACEHOLDERS_FROM else at + 8 + length
        at += 8 + length + length % 2
    return None


def _core_audio(file: BinaryIO, size: int) -> int | None:
    at = 8
    while at + 12 <= size:
        file.seek(at)
        kind, length = file.read(4), int.from_bytes(file.read(8), "big", signed=True)
        if kind == b"data" or length < 0:
            return at + 12 + length if length > 0 else None
        at += 12 + length
    return None


def _segment_end(file: BinaryIO) -> int | None:
    """The end of the segment of a Matroska or WebM file; None where its length is unknown."""
    file.seek(4)
    header_length = _ebml_size(file)
    if header_length is None:
        return None
    file.seek(header_length, 1)
    if file.read(4) != _SEGMENT:
        return None
    length = _ebml_size(file)
    return None if length is None else file.tell() + length


def _ebml_size(file: BinaryIO) -> int | None:
    """A variable-length size; None where all its bits are 1, which means unknown."""
    first = file.read(1)
    if not first or first[0] == 0:
        return None
    n_more = 8 - first[0].bit_length()
    raw = bytes([first[0] & (0x7F >> n_more)]) + file.read(n_more)
    value = int.from_bytes(raw, "big")
    return None if value == (1 << (7 * (n_more + 1))) - 1 else value
