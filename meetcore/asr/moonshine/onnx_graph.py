"""Adds outputs to an ONNX model whose branches compute them already, without the onnx package.

An ONNX file is one protobuf message. Its fields may be appended, so a new output is a few bytes at
the end of each message that lists outputs. Field numbers: onnx/onnx.proto (ONNX 1.16).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_OUTPUT = 1, 12
_NODE_OUTPUT, _NODE_ATTRIBUTE = 2, 5
_ATTRIBUTE_GRAPH = 6
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

_Change = Callable[[memoryview], bytes]


def with_branch_outputs(model: bytes, names: Sequence[str]) -> bytes:
    """The model with further outputs, taken from both branches of its `If` node.

    Parameters
    ----------
    model : an ONNX file that consists of one `If` node, as Optimum's merged decoders do
    names : float tensors that both branches compute

    Raises
    ------
    ValueError
        The bytes are no protobuf message.
    """
    declared = b"".join(_field(_GRAPH_OUTPUT, _float_tensor(name)) for name in names)
    node_outputs = b"".join(_field(_NODE_OUTPUT, name.encode()) for name in names)

    def branch(graph: memoryview) -> bytes:
        return bytes(graph) + declared

    def attribute(body: memoryview) -> bytes:
        return _rewritten(body, _ATTRIBUTE_GRAPH, branch)

    def node(body: memoryview) -> bytes:
        return _rewritten(body, _NODE_ATTRIBUTE, attribute) + node_outputs

    def graph(body: memoryview) -> bytes:
        return _rewritten(body, _GRAPH_NODE, node) + declared

    try:
        return _rewritten(memoryview(model), _MODEL_GRAPH, graph)
    except IndexError as error:
        raise ValueError("the file ends in the middle of a message") from error


def _rewritten(message: memoryview, number: int, change: _Change) -> bytes:
    """The message with each of its submessages of one field number changed."""
    return b"".join(
        _field(number, change(body)) if found == number and body is not None else bytes(whole)
        for found, whole, body in _fields(message)
    )


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview, memoryview | None]]:
    """Number, bytes, and body (of strings and submessages) of each field of a message."""
    position = 0
    while position < len(message):
        begin = position
        key, position = _varint(message, position)
        kind = key & 7
        body = None
        if kind == _VARINT:
            _, position = _varint(message, position)
        elif kind == _BYTES:
            length, position = _varint(message, position)
            body = message[position : position + length]
            position += length
        elif kind in (_FIXED64, _FIXED32):
            position += 8 if kind == _FIXED64 else 4
        else:
            raise ValueError("it is no ONNX file")
        if position > len(message):
            raise ValueError("the file ends in the middle of a message")
        yield key >> 3, message[begin:position], body


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """A number in groups of 7 bits, the lowest first, and the position after it."""
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def _field(number: int, body: bytes) -> bytes:
    return _encoded(number << 3 | _BYTES) + _encoded(len(body)) + body


def _encoded(value: int) -> bytes:
    """A number as a varint."""
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _float_tensor(name: str) -> bytes:
    """A ValueInfoProto: name, and the type of a float tensor of any shape."""
    return _field(1, name.encode()) + _field(2, _field(1, b"\x08\x01"))
