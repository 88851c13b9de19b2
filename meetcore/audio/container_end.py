"""Tells from a file's outermost structure how long it should be, to recognise one cut short.

Sources: ISO/IEC 14496-12 (boxes), RFC 8794 (EBML).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from meetcore.audio.sample_chunk import sample_chunk

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
    chunk = sample_chunk(file, size)
    if chunk is not None:
        return chunk.end
    if head[:4] == _EBML:
        return _segment_end(file)
    return boxes(file, size).end if is_box_file(head) else None


def is_box_file(head: bytes) -> bool:
    """Whether a file that begins with these bytes is MP4, MOV or M4A."""
    return head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")


def has_fragments(file: BinaryIO, size: int) -> bool:
    """Whether a file is an MP4 file in fragments, whose index does not count what comes later."""
    file.seek(0)
    return is_box_file(file.read(16)) and b"moof" in boxes(file, size).kinds


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
