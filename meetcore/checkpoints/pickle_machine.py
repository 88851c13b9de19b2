"""Interprets pickle opcodes on a stack of plain data. Source: Python's pickletools.

Nothing in an untrusted pickle is called, imported, compared or hashed. Only scalars become keys
of mappings, because hashing a deeply nested tuple can take practically for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

NEWEST_PROTOCOL = 5
LONGEST_NAME = 500
LARGEST_KEY = 2**63
"""Larger integers can be chosen to share a hash, which makes a mapping quadratic."""
MAPPINGS = frozenset(
    {"collections.OrderedDict", "collections.defaultdict", "builtins.dict", "__builtin__.dict"}
)
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
SIMPLE: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
    "EMPTY_SET": list,
    "NEXT_BUFFER": lambda: None,
}
IGNORED = frozenset({"FRAME", "READONLY_BUFFER", "STOP"})
LITERALS = ("INT", "LONG", "STRING", "BYTES", "UNICODE", "FLOAT", "BYTEARRAY")
"""Opcodes that carry a value contain one of these names, with a size before or after it."""
FROM_MARK: dict[str, Callable[[list[Any]], Any]] = {
    "LIST": lambda items: items,
    "FROZENSET": lambda items: items,
    "TUPLE": tuple,
    "DICT": lambda items: _put_pairs({}, items),
}
FILLING = {"APPEND": 1, "SETITEM": 2, "APPENDS": None, "SETITEMS": None, "ADDITEMS": None}
"""How many objects of the stack an opcode adds to the one below; None: all from the mark on."""


class PickleRefusedError(Exception):
    """The pickle is damaged, or made to use up memory or time. The message says why."""


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function that unpickling would import."""

    dotted: str


@dataclass(slots=True, eq=False)
class Inert:
    """Placeholder of an object that is not created; `dotted` is the callable that would do it."""

    dotted: str
    arguments: tuple[Any, ...] = ()
    items: list[Any] = field(default_factory=list)
    """What is appended to the object or set in it afterwards."""
    state: Any = None


@dataclass(frozen=True, slots=True)
class Storage:
    """The elements of a tensor, which are stored outside the pickle."""

    precision: str
    count: int


class PickleSteps:
    """The stack and the memo of a pickle, changed by one opcode at a time."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        """Names that unpickling would import, in the order of first use."""
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def result(self) -> Any:
        """The object on top of the stack at the end."""
        return self._stack.pop()

    def follow(self, step: str, argument: Any) -> None:
        """Apply one opcode.

        Parameters
        ----------
        step : str
            Name of the opcode, as in pickletools.
        argument : object
            Its argument; None without one.

        Raises
        ------
        PickleRefusedError
            The opcode or its arguments occur in no model.
        LookupError, ValueError, TypeError
            The pickle is damaged.
        """
        if step in SIMPLE:
            self._stack.append(SIMPLE[step]())
        elif step in FROM_MARK:
            # _from_mark restores the stack below the mark, so it must come first.
            items = self._from_mark()
            self._stack.append(FROM_MARK[step](items))
        elif step in FILLING:
            count = FILLING[step]
            items = self._last(count) if count else self._from_mark()
            _fill(step, self._stack[-1], items)
        elif step.endswith("PUT") or step == "MEMOIZE":
            self._memo[len(self._memo) if argument is None else argument] = self._stack[-1]
        elif step.endswith("GET"):
            self._stack.append(self._memo[int(argument)])
        elif step.startswith("TUPLE"):
            self._stack.append(tuple(self._last(int(step[-1]))))
        elif step.removeprefix("SHORT_").removeprefix("BIN").startswith(LITERALS):
            self._stack.append(argument)
        elif step not in IGNORED:
            self._other(step, argument)

    def _other(self, step: str, argument: Any) -> None:
        stack = self._stack
        match step:
            case "MARK":
                self._below.append(stack)
                self._stack = []
            case "POP":
                stack.pop() if stack else self._from_mark()
            case "POP_MARK":
                self._from_mark()
            case "DUP":
                stack.append(stack[-1])
            case "PROTO" if argument <= NEWEST_PROTOCOL:
                pass
            case "PERSID" | "BINPERSID":
                stack.append(_storage(argument if step == "PERSID" else stack.pop()))
            case _:
                self._name_or_make(step, argument)

    def _name_or_make(self, step: str, argument: Any) -> None:
        """Opcodes with which unpickling would import or call something."""
        stack = self._stack
        match step:
            case "GLOBAL":
                stack.append(self._name(*argument.split(" ", 1)))
            case "STACK_GLOBAL":
                stack.append(self._name(*self._last(2)))
            case "INST":
                arguments = self._from_mark()
                self._stack.append(_made(self._name(*argument.split(" ", 1)), tuple(arguments)))
            case "OBJ":
                maker, *arguments = self._from_mark()
                self._stack.append(_made(maker, tuple(arguments)))
            case "REDUCE" | "NEWOBJ":
                stack.append(_made(*self._last(2)))
            case "NEWOBJ_EX":
                maker, arguments, named = self._last(3)
                stack.append(_made(maker, (arguments, named)))
            case "BUILD":
                made, state = self._last(2)
                if isinstance(made, Inert):
                    made.state = state
                stack.append(made)
            case _:
                raise PickleRefusedError("it has opcodes that models do not use")

    def _name(self, module: Any, name: Any) -> Name:
        if not (isinstance(module, str) and isinstance(name, str)):
            raise PickleRefusedError("a name to import is not a text")
        if len(module) + len(name) > LONGEST_NAME:
            raise PickleRefusedError("a name to import is too long")
        dotted = f"{module}.{name}"
        self.names[dotted] = None
        return Name(dotted)

    def _last(self, count: int) -> list[Any]:
        """Pop this many objects."""
        if len(self._stack) < count:
            raise PickleRefusedError("it takes more objects than the stack has")
        taken = self._stack[-count:]
        del self._stack[-count:]
        return taken

    def _from_mark(self) -> list[Any]:
        """Pop everything after the last mark."""
        taken, self._stack = self._stack, self._below.pop()
        return taken


def _fill(step: str, target: Any, items: list[Any]) -> None:
    if isinstance(target, dict) and step.startswith("SET"):
        _put_pairs(target, items)
    elif isinstance(target, Inert):
        target.items += items
    elif isinstance(target, list) and not step.startswith("SET"):
        target += items


def _put_pairs(target: dict[Any, Any], items: list[Any]) -> dict[Any, Any]:
    """Set key, value, key, value…; a key that is no scalar becomes a placeholder."""
    for key, value in zip(items[::2], items[1::2], strict=True):
        scalar = key is None or isinstance(key, str | bytes | float)
        small = isinstance(key, int) and abs(key) < LARGEST_KEY
        target[key if scalar or small else Inert("", (key,))] = value
    return target


def _made(maker: Any, arguments: Any) -> Any:
    """The result of a call: a mapping where that is certain, else a placeholder; copies nothing."""
    given = arguments if isinstance(arguments, tuple) else (arguments,)
    dotted = maker.dotted if isinstance(maker, Name | Inert) else ""
    content = given[-1] if given else None
    if dotted in MAPPINGS and (content is None or isinstance(content, dict | Name)):
        return content if isinstance(content, dict) else {}
    return Inert(dotted, given)


def _storage(reference: Any) -> Storage | None:
    """Torch's reference to a tensor's storage: ("storage", type, key, device, count)."""
    if not (
        isinstance(reference, tuple) and len(reference) >= 5 and isinstance(reference[1], Name)
    ):
        return None
    kind = reference[1].dotted.rsplit(".", 1)[-1].removesuffix("Storage")
    count = reference[4] if isinstance(reference[4], int) else 0
    return Storage(PRECISIONS.get(kind, kind.lower()), count)
