"""Finds whether an MP3 file counts its own frames, in a Xing, Info or VBRI header.

Source: http://gabriel.mp3-tech.org/mp3infotag.html
"""

from __future__ import annotations

from typing import BinaryIO

_SEARCHED_BYTES = 4096
"""The header lies in the first frame."""
_HAS_FRAMES = 1


def counts_frames(file: BinaryIO) -> bool:
    """Whether the first frame of an MP3 file says how many there are; moves the position."""
    file.seek(0)
    head = file.read(10)
    start = 0
    if head[:3] == b"ID3" and len(head) == 10:
        # Seven bits a byte, so that no byte looks like the start of a frame.
        for byte in head[6:]:
            start = start << 7 | byte & 0x7F
        start += 10
    file.seek(start)
    frame = file.read(_SEARCHED_BYTES)
    if b"VBRI" in frame[:64]:
        return True
    at = next((at for at in (frame.find(b"Xing"), frame.find(b"Info")) if at >= 0), None)
    if at is None:
        return False
    return bool(int.from_bytes(frame[at + 4 : at + 8], "big") & _HAS_FRAMES)
