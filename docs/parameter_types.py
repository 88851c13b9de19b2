"""A griffe extension for `make docs`: what follows a parameter's name may be prose, not a type.

Docstrings here leave a type out where the signature has it ("threads : CPU threads of one call").
Griffe would print the prose as the type; this moves it to the description. The "::" of a literal
block, which Markdown would print, becomes ":".
"""

from __future__ import annotations

import re
from typing import Any

import griffe

PARAMETER = re.compile(r"^(\w+(?:, \w+)*) : (.+)$")
TYPE = re.compile(
    r"(np\.|(str|int|float|bool|callable|path)\b(,|$| or)|(tuple|Sequence|Mapping) of"
    r"|[A-Z]\w*(\[.*\])?(, optional)?$)"
)


class ParameterTypes(griffe.Extension):
    """Rewrites "name : prose" as a name with a description."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called for each module, class and function before its docstring is parsed."""
        if obj.docstring is not None:
            obj.docstring.value = moved(obj.docstring.value)


def moved(docstring: str) -> str:
    """The docstring with prose below the names of its parameters.

    >>> print(moved("Parameters\\n----------\\nthreads : CPU threads of one call"))
    Parameters
    ----------
    threads
        CPU threads of one call
    """
    lines, section, rows = docstring.splitlines(), "", []
    for place, line in enumerate(lines):
        if place + 1 < len(lines) and re.fullmatch("-{3,}", lines[place + 1]):
            section = line
        found = PARAMETER.match(line) if section == "Parameters" else None
        if found and not TYPE.match(found[2]):
            rows += [found[1], f"    {found[2]}"]
        else:
            rows.append(re.sub("::$", ":", line))
    return "\n".join(rows)
