"""Reads pickles without running them: what is not plain data becomes an inert stand-in.

A pickle is a program: it names functions and has them called. Here nothing it names is imported
or called; the stand-in keeps the name and the arguments, and that is all a reader needs.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

LONGEST_PICKLE = 32 * 2**20
"""Bytes. Tensors lie outside the pickle; those of known models take less than 1 MiB."""
MOST_STEPS = 4_000_000
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
PRECISIONS = {
    "Float": "float32",
    "Half": "float16",
    "BFloat16": "bfloat16",
    "Double": "float64",
    "Long": "int64",
    "Int": "int32",
    "Short": "int16",
    "Char": "int8",
    "Byte": "uint8",
    "Bool": "bool",
}


class PickleRefusedError(Exception):
    """The pickle is damaged, or built to exhaust whoever reads it."""


class PlainDict(dict[Any, Any]):
    """Any mapping; attributes that a pickle gives it do no harm."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*(each for each in arguments if isinstance(each, dict)))


class Inert:
    """Stands for an object that is not made; `dotted` is what would have made it."""

    dotted = ""
    arguments: tuple[Any, ...]
    state: Any

    def __new__(cls, *arguments: Any, **named: Any) -> Inert:
        made = object.__new__(cls)
        made.arguments, made.state = (*arguments, *named.values()), None
        return made

    def __init__(self, *arguments: Any, **named: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __setitem__(self, key: Any, value: Any) -> None:
        self.arguments = (*self.arguments, key, value)

    def append(self, item: Any) -> None:
        """As a list would."""
        self.arguments = (*self.arguments, item)

    def extend(self, items: Any) -> None:
        """As a list would."""
        self.arguments = (*self.arguments, *items)

    def add(self, item: Any) -> None:
        """As a set would."""
        self.arguments = (*self.arguments, item)


@dataclass(frozen=True, slots=True)
class Storage:
    """Numbers that lie outside the pickle."""

    precision: str
    count: int


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
    length = _measure(file)
    file.seek(begin)
    reader = _Reader(io.BytesIO(file.read(length)))
    try:
        value = reader.load()
    except Exception as error:  # a damaged pickle fails in any way; none of its code has run
        raise PickleRefusedError(f"it cannot be unpickled ({type(error).__name__})") from error
    return Unpickled(value, tuple(dict.fromkeys(reader.names)))


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
        elif isinstance(item, list | tuple | set | frozenset):
            waiting += list(item)
        elif isinstance(item, Inert):
            waiting += [*item.arguments, item.state]


def text_of(value: Any) -> str:
    """A text, also where it came as an object of its own (TorchVersion is one)."""
    if isinstance(value, str):
        return value
    if isinstance(value, Inert) and value.arguments:
        return text_of(value.arguments[0])
    return ""


class _Reader(pickle.Unpickler):
    """Makes nothing but plain data and stand-ins."""

    def __init__(self, file: BinaryIO) -> None:
        # Names from Python 2 stay as they are: they are only read.
        super().__init__(file, fix_imports=False, encoding="utf-8", errors="replace")
        self.names: list[str] = []

    def find_class(self, module: str, name: str, /) -> Any:
        """A stand-in's class; nothing is imported."""
        dotted = f"{module}.{name}"
        self.names.append(dotted)
        if dotted in ("collections.OrderedDict", "collections.defaultdict"):
            return PlainDict
        return type("Inert", (Inert,), {"dotted": dotted})

    def persistent_load(self, pid: Any) -> Any:
        """Where torch keeps a tensor's numbers: ("storage", type, key, device, count)."""
        if isinstance(pid, tuple) and len(pid) >= 5 and pid[0] == "storage":
            dotted = getattr(pid[1], "dotted", "")
            kind = dotted.rsplit(".", 1)[-1].removesuffix("Storage")
            count = pid[4] if isinstance(pid[4], int) else 0
            return Storage(PRECISIONS.get(kind, kind.lower()), count)
        return None


def _measure(file: BinaryIO) -> int:
    """Length of the next pickle in bytes, looked through step by step before it is read."""
    begin = file.tell()
    try:
        for steps, (opcode, argument, _) in enumerate(pickletools.genops(file)):
            length = file.tell() - begin
            if length > LONGEST_PICKLE or steps > MOST_STEPS:
                raise PickleRefusedError("it is far larger than a model's description")
            # The reader makes room for as many objects as the highest number it is given.
            if "PUT" in opcode.name and isinstance(argument, int) and argument > MOST_STEPS:
                raise PickleRefusedError("it asks for absurd amounts of memory")
    except PickleRefusedError:
        raise
    except Exception as error:  # pickletools raises ValueError and others for damaged ones
        raise PickleRefusedError("it is no pickle, or breaks off") from error
    return file.tell() - begin


def _is_plain(dotted: str) -> bool:
    if dotted in PLAIN_NAMES or dotted.startswith(PLAIN_PREFIXES):
        return True
    package, _, name = dotted.rpartition(".")
    number = name.islower() and name.rstrip("0123456789") in ("float", "int", "uint", "bfloat")
    return package == "torch" and (name.endswith("Storage") or number)
