"""Reads pickles without running them: what is not plain data becomes an inert placeholder.

A pickle is a program that imports and calls functions. Here its opcodes are only interpreted as
data: there is no unpickler, nothing is imported, and nothing is called.
"""

from __future__ import annotations

import io
import pickletools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from meetcore.checkpoints.pickle_machine import Inert, PickleRefusedError, PickleSteps

LONGEST_PICKLE = 32 * 2**20
"""Bytes. Tensors are outside the pickle; the pickles of known models are below 1 MiB."""
MOST_STEPS = 1_000_000
"""Opcodes; one takes about a microsecond, and known models have fewer than 20,000."""
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
"""What torch reads with weights_only=True, and names that do no more than that."""
PLAIN_FAMILY = re.compile(
    r"torch\._utils\._rebuild_(tensor|tensor_v2|parameter|parameter_with_state|qtensor"
    r"|sparse_tensor|nested_tensor|wrapper_subclass|meta_tensor_no_storage)"
    r"|torch\._tensor\._rebuild_from_type_v2"
    r"|torch\.storage\.(Typed|Untyped|\w*)Storage"
)
"""Names that torch itself accepts in weights. Source: torch/_weights_only_unpickler.py."""


@dataclass(frozen=True, slots=True)
class Unpickled:
    """The content of a pickle, and the names that unpickling would import."""

    value: Any
    names: tuple[str, ...] = field(default=())

    @property
    def code(self) -> tuple[str, ...]:
        """The names besides those of tensors and plain containers."""
        return tuple(name for name in self.names if not _is_plain(name))


def read_pickle(file: BinaryIO) -> Unpickled:
    """The next pickle of a file; the file's position is then after its end.

    Raises
    ------
    PickleRefusedError
        It is damaged, too large, or would use too much memory; download the file again.
    """
    begin = file.tell()
    # A pickle may state any length; at most LONGEST_PICKLE bytes are read.
    data = io.BytesIO(file.read(LONGEST_PICKLE + 1))
    steps = PickleSteps()
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
            if count > MOST_STEPS:
                raise PickleRefusedError("it is far larger than the pickle of a model")
            steps.follow(opcode.name, argument)
        value = steps.result()
    except PickleRefusedError:
        raise
    except Exception as error:  # a damaged pickle fails in many ways; none of its code has run
        if data.tell() > LONGEST_PICKLE:
            raise PickleRefusedError("it is far larger than the pickle of a model") from error
        raise PickleRefusedError("it is no pickle, or incomplete") from error
    file.seek(begin + data.tell())
    return Unpickled(value, tuple(steps.names))


def objects_in(value: Any) -> Iterator[Any]:
    """Every object inside, once each, also where they refer to each other in circles."""
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
    """The text of a str, or of a placeholder of one (TorchVersion); empty for other values."""
    for _ in range(4):
        if isinstance(value, str):
            return value
        if not isinstance(value, Inert) or not value.arguments:
            break
        value = value.arguments[0]
    return ""


def _is_plain(dotted: str) -> bool:
    if dotted in PLAIN_NAMES or PLAIN_FAMILY.fullmatch(dotted):
        return True
    package, _, name = dotted.rpartition(".")
    number = name.islower() and name.rstrip("0123456789") in ("float", "int", "uint", "bfloat")
    return package == "torch" and (name.endswith("Storage") or number)
