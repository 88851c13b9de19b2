"""Markdown tables, cells and plain JSON values, which all benches' reports share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from meetcore.metrics.wer import WordErrors


class ErrorRate(Protocol):
    """Errors of words or turns, with their rate."""

    @property
    def rate(self) -> float:
        """Errors per unit of the reference."""
        ...


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table without a newline at its end.

    >>> print(markdown_table(["file", "WER"], [["a", "5.0 %"]]))
    | file | WER |
    | --- | --- |
    | a | 5.0 % |
    """
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def percent(errors: ErrorRate | None) -> str:
    """A cell with an error rate, marked CER where characters were counted; a dash for None."""
    if errors is None:
        return "–"
    of_characters = isinstance(errors, WordErrors) and errors.of_characters
    return f"{100 * errors.rate:.1f} %{' CER' if of_characters else ''}"


def finite(value: Any) -> Any:
    """The value with None in place of NaN and infinity, which JSON does not have."""
    if isinstance(value, dict):
        return {name: finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
