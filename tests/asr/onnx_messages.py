"""Small ONNX messages for tests: enough of a merged decoder to be changed and read back."""

from __future__ import annotations

from collections.abc import Iterator


def varint(value: int) -> bytes:
    """A number in groups of 7 bits, the lowest first."""
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def field(number: int, body: bytes) -> bytes:
    """A string or submessage."""
    return varint(number << 3 | 2) + varint(len(body)) + body


def submessages(message: bytes, *path: int) -> Iterator[bytes]:
    """All strings or submessages at a path of field numbers, read independently of the code."""
    if not path:
        yield message
        return
    position = 0
    while position < len(message):
        key, position = _read(message, position)
        if key & 7 == 0:
            _, position = _read(message, position)
            continue
        size, position = _read(message, position)
        if key >> 3 == path[0]:
            yield from submessages(message[position : position + size], *path[1:])
        position += size


def _read(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while message[position] & 0x80:
        value |= (message[position] & 0x7F) << shift
        shift += 7
        position += 1
    return value | message[position] << shift, position + 1
