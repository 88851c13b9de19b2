"""The steps of a pickle, followed on a stack of plain data. Source: Python's pickletools.

Nothing here can be made to call, import, compare or hash what a stranger chose: of his mappings
only scalars become keys, since a nested tuple can take longer to hash than anyone lives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

NEWEST_PROTOCOL = 5
LONGEST_NAME = 500
LARGEST_KEY = 2**63
"""Of larger whole numbers, as many as one likes share a hash."""
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
"""Steps that carry a value of their own are called so, with a size before or behind."""
FROM_MARK: dict[str, Callable[[list[Any]], Any]] = {
    "LIST": lambda items: items,
    "FROZENSET": lambda items: items,
    "TUPLE": tuple,
    "DICT": lambda items: _put_pairs({}, items),
}
FILLING = {"APPEND": 1, "SETITEM": 2, "APPENDS": None, "SETITEMS": None, "ADDITEMS": None}
"""How many objects of the stack a step adds to the one below; None: all from the mark on."""


class PickleRefusedError(Exception):
    """The pickle is damaged, or built to exhaust whoever reads it."""


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function that a normal load would import."""

    dotted: str


@dataclass(slots=True, eq=False)
class Inert:
    """Stands for an object that is not made; `dotted` is what would have made it."""

    dotted: str
    arguments: tuple[Any, ...] = ()
    items: list[Any] = field(default_factory=list)
    """What is appended to it or set in it afterwards."""
    state: Any = None


@dataclass(frozen=True, slots=True)
class Storage:
    """Numbers that lie outside the pickle."""

    precision: str
    count: int


class PickleSteps:
    """The stack and the memory of a pickle that is followed step by step."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        """In the order of their first use."""
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []
        self._kept: dict[int, Any] = {}

    def result(self) -> Any:
        """The object that is left at the end."""
        return self._stack.pop()

    def follow(self, step: str, argument: Any) -> None:
        """Do what one step says, with data only."""
        if step in SIMPLE:
            self._stack.append(SIMPLE[step]())
        elif step in FROM_MARK:
            # Taking the items brings back the stack below the mark: in this order.
            items = self._from_mark()
            self._stack.append(FROM_MARK[step](items))
        elif step in FILLING:
            count = FILLING[step]
            items = self._last(count) if count else self._from_mark()
            _fill(step, self._stack[-1], items)
        elif step.endswith("PUT") or step == "MEMOIZE":
            self._kept[len(self._kept) if argument is None else argument] = self._stack[-1]
        elif step.endswith("GET"):
            self._stack.append(self._kept[int(argument)])
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
        """Steps with which a normal load would import something, or call it."""
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
                raise PickleRefusedError("it has steps that no model's description has")

    def _name(self, module: Any, name: Any) -> Name:
        if not (isinstance(module, str) and isinstance(name, str)):
            raise PickleRefusedError("it names what to import by something else than text")
        if len(module) + len(name) > LONGEST_NAME:
            raise PickleRefusedError("it names what no library is called")
        dotted = f"{module}.{name}"
        self.names[dotted] = None
        return Name(dotted)

    def _last(self, count: int) -> list[Any]:
        """Take this many objects from the stack."""
        if len(self._stack) < count:
            raise PickleRefusedError("it takes more than is there")
        taken = self._stack[-count:]
        del self._stack[-count:]
        return taken

    def _from_mark(self) -> list[Any]:
        """Take everything since the last mark."""
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
    """Set what comes as key, value, key, value; a key that is no scalar stays in a stand-in."""
    for key, value in zip(items[::2], items[1::2], strict=True):
        scalar = key is None or isinstance(key, str | bytes | float)
        small = isinstance(key, int) and abs(key) < LARGEST_KEY
        target[key if scalar or small else Inert("", (key,))] = value
    return target


def _made(maker: Any, arguments: Any) -> Any:
    """What a call would give: a mapping where that is sure, else a stand-in; nothing is copied."""
    given = arguments if isinstance(arguments, tuple) else (arguments,)
    dotted = maker.dotted if isinstance(maker, Name | Inert) else ""
    content = given[-1] if given else None
    if dotted in MAPPINGS and (content is None or isinstance(content, dict | Name)):
        return content if isinstance(content, dict) else {}
    return Inert(dotted, given)


def _storage(told: Any) -> Storage | None:
    """Where torch keeps a tensor's numbers: ("storage", type, key, device, count)."""
    if not (isinstance(told, tuple) and len(told) >= 5 and isinstance(told[1], Name)):
        return None
    kind = told[1].dotted.rsplit(".", 1)[-1].removesuffix("Storage")
    count = told[4] if isinstance(told[4], int) else 0
    return Storage(PRECISIONS.get(kind, kind.lower()), count)
