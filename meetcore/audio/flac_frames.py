"""Finds the frames in a damaged FLAC file of a recording.

The media library loses intact frames beside damaged ones, as it cuts a file into packets by what
follows. Source of the format: RFC 9639, section 9.1.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_SYNC = re.compile(rb"\xff[\xf8\xf9]")
"""A frame's start: its blocks are of one size, or of various sizes."""
_VARIOUS_SIZES = 0xF9
_LONGEST_HEADER = 16
_MORE_OF_BLOCK_SIZE = {6: 1, 7: 2}
_MORE_OF_SAMPLE_RATE = {12: 1, 13: 2, 14: 2}
_CRC8_POLYNOMIAL = 0x07


@dataclass(frozen=True, slots=True)
class FramePlace:
    """Where a frame lies; its content may be damaged, its header is not."""

    first_sample: int
    start: int
    """Offset in the file."""
    end: int
    """Offset of the next frame, or of the file's end."""


def frames_between(path: Path, start_sample: int, stop_sample: int | None) -> list[FramePlace]:
    """The frames that hold samples from start to stop (None: the end), and maybe one before them.

    The file is searched once; the places are kept until it changes.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    state = path.stat()
    places = _all_frames(path, state.st_size, state.st_mtime_ns)
    first = bisect_left(places, start_sample, key=lambda place: place.first_sample)
    last = len(places)
    if stop_sample is not None:
        last = bisect_left(places, stop_sample, key=lambda place: place.first_sample)
    return list(places[max(0, first - 1) : last])


def block_size(stream_info: bytes) -> int:
    """The samples of a file's blocks but for the last one, by its STREAMINFO; 0 without any."""
    return int.from_bytes(stream_info[2:4], "big")


def first_sample(frame: bytes, usual: int) -> int | None:
    """The sample that a frame begins with; None where its header is damaged.

    Parameters
    ----------
    usual : samples of the file's blocks
    """
    header = _number_and_size(frame[:_LONGEST_HEADER])
    if header is None:
        return None
    return header[0] if frame[1] == _VARIOUS_SIZES else header[0] * usual


@lru_cache(maxsize=4)
def _all_frames(path: Path, size: int, changed_ns: int) -> tuple[FramePlace, ...]:
    content = path.read_bytes()
    found = list(_headers(content))
    if not found:
        return ()
    # The last block of a file is shorter; the others are of one size.
    ((usual, _),) = Counter(n_samples for _, _, n_samples in found).most_common(1)
    ends = [*(at for at, _, _ in found[1:]), len(content)]
    places = [
        FramePlace(number if content[at + 1] == _VARIOUS_SIZES else number * usual, at, end)
        for (at, number, _), end in zip(found, ends, strict=True)
    ]
    return tuple(sorted(places, key=lambda place: place.first_sample))


def _headers(content: bytes) -> Iterator[tuple[int, int, int]]:
    """The offset of each whole header of a frame, its coded number, and its block's samples."""
    for match in _SYNC.finditer(content):
        at = match.start()
        if header := _number_and_size(content[at : at + _LONGEST_HEADER]):
            yield at, *header


def _number_and_size(header: bytes) -> tuple[int, int] | None:
    """The coded number in a header and its block's samples; None where its checksum is wrong."""
    if len(header) < 6:
        return None
    first = header[4]
    n_ones = 8 - (first ^ 0xFF).bit_length()
    n_more = max(0, n_ones - 1)
    if n_ones in (1, 8):
        return None
    size = 5 + n_more
    n_block_bytes = _MORE_OF_BLOCK_SIZE.get(header[2] >> 4, 0)
    block = header[size : size + n_block_bytes]
    size += n_block_bytes
    size += _MORE_OF_SAMPLE_RATE.get(header[2] & 0x0F, 0)
    if len(header) <= size or _crc8(header[:size]) != header[size]:
        return None
    number = first & (0x7F >> n_ones)
    for byte in header[5 : 5 + n_more]:
        number = number << 6 | byte & 0x3F
    return number, int.from_bytes(block, "big") + 1 if block else _block_size(header[2] >> 4)


def _block_size(code: int) -> int:
    """Samples of a block by its code, of those that say it without further bytes."""
    if code < 6:
        return 192 if code == 1 else 144 << code
    return 1 << code


def _crc8(content: bytes) -> int:
    crc = 0
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ _CRC8_POLYNOMIAL if crc & 0x80 else crc << 1) & 0xFF
    return crc
