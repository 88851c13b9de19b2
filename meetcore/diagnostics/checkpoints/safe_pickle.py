"""Reads pickles without running them: what is not plain data becomes an inert stand-in.

A pickle is a program: it names functions and has them called. Here its steps are followed one by
one, as text: there is no unpickler, nothing it names is imported, and nothing at all is called.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from meetcore.diagnostics.checkpoints.pickle_machine import Inert, PickleRefusedError, PickleSteps

LONGEST_PICKLE = 32 * 2**20
"""Bytes. Tensors lie outside the pickle; those of known models take less than 1 MiB."""
MOST_STEPS = 1_000_000
"""A step takes about a microsecond; known models need less than 20,000."""
MOST_OBJECTS = 1_000_000
PLAIN = frozenset(
    {"dict", "list", "tuple", "set", "frozenset", "str", "bytes", "bytearray"}
    | {"int", "float", "bool", "complex", "slice"}
)
PLAIN_NAMES = frozenset(
    {f"builtins.{name}" for name in PLAIN}
    | {f"__builtin__.{name}" for name in PLAIN}
    | {"collections.OrderedDict", "collections.defaultdict", "collections.Counter"}
    | {"torch.Size", "torch.device", "torch.Tensor", "torch.torch_version.TorchVersion"}
    | {"numpy.dtype", "numpy.ndarray", "_codecs.encode", "torch.nn.parameter.Parameter"}
    | {
        f"numpy.{core}.multiarray.{name}"
        for core in ("core", "_core")
        for name in ("scalar", "_reconstruct")
    }
)
"""What torch reads even when it is told to take weights only, or does no more than that."""
PLAIN_PREFIXES = ("torch._utils._rebuild_", "torch.storage.", "torch._tensor._rebuild")


@dataclass(frozen=True, slots=True)
class Unpickled:
    """What a pickle holds, and the names a normal load would have imported for it."""

    value: Any
    names: tuple[str, ...] = field(default=())

    @property
    def code(self) -> tuple[str, ...]:
        """Those names that stand for more than tensors and plain containers."""
        return tuple(name for name in self.names if not _is_plain(name))


def read_pickle(file: BinaryIO) -> Unpickled:
    """The next pickle of a file, which is left behind its end.

    Raises
    ------
    PickleRefusedError
        It is damaged, too large, or asks for absurd amounts of memory.
    """
    begin = file.tell()
    # Never more than this comes into memory, whatever lengths the pickle itself claims.
    data = io.BytesIO(file.read(LONGEST_PICKLE + 1))
    steps = PickleSteps()
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
            if count > MOST_STEPS:
                raise PickleRefusedError("it is far larger than a model's description")
            steps.follow(opcode.name, argument)
        value = steps.result()
    except PickleRefusedError:
        raise
    except Exception as error:  # a damaged pickle fails in any way; none of its code has run
        if data.tell() > LONGEST_PICKLE:
            raise PickleRefusedError("it is far larger than a model's description") from error
        raise PickleRefusedError("it is no pickle, or breaks off") from error
    file.seek(begin + data.tell())
    return Unpickled(value, tuple(steps.names))


def objects_in(value: Any) -> Iterator[Any]:
    """Every object in there once, however they refer to each other."""
    waiting, seen = [value], set[int]()
    while waiting and len(seen) < MOST_OBJECTS:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list | tuple):
            waiting += list(item)
        elif isinstance(item, Inert):
            waiting += [*item.arguments, *item.items, item.state]


def text_of(value: Any) -> str:
    """A text, also where it came as an object of its own (TorchVersion is one)."""
    for _ in range(4):
        if isinstance(value, str):
            return value
        if not isinstance(value, Inert) or not value.arguments:
            break
        value = value.arguments[0]
    return ""


def _is_plain(dotted: str) -> bool:
    if dotted in PLAIN_NAMES or dotted.startswith(PLAIN_PREFIXES):
        return True
    package, _, name = dotted.rpartition(".")
    number = name.islower() and name.rstrip("0123456789") in ("float", "int", "uint", "bfloat")
    return package == "torch" and (name.endswith("Storage") or number)
