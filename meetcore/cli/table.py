"""Rows as aligned columns: plain lines for pipes, headings and folded cells on a terminal."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Collection, Sequence

from rich.console import Console
from rich.table import Table

UNLIMITED = 100_000
MIN_WIDTH = 100
"""In a narrower terminal, lines are left to the terminal to wrap: columns would be too thin."""


def table_lines(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int | None = None,
    wrapped: Collection[str] = (),
    right: Collection[str] = (),
) -> list[str]:
    """One line a row, columns two spaces apart; no lines for no rows.

    Parameters
    ----------
    width : int, optional
        Of the terminal; then headings are shown, and `wrapped` columns use several lines.
    wrapped : collection of str
        Headings of columns whose cells may continue on the next line.
    right : collection of str
        Headings of columns that are aligned to the right.

    >>> table_lines(("name", "size"), [("tiny.en", "75"), ("base", "145")], right=("size",))
    ['tiny.en   75', 'base     145']
    """
    if not rows:
        return []
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=width is not None)
    for heading in headings:
        table.add_column(
            heading,
            justify="right" if heading in right else "left",
            overflow="fold",
            no_wrap=heading not in wrapped,
        )
    for row in rows:
        table.add_row(*row)
    page = io.StringIO()
    console = Console(
        file=page,
        width=max(width, MIN_WIDTH) if width else UNLIMITED,
        color_system=None,
        markup=False,
        emoji=False,
        highlight=False,
    )
    console.print(table)
    return [line.rstrip() for line in page.getvalue().removesuffix("\n").split("\n")]


def terminal_width() -> int | None:
    """Columns of the terminal that standard output is, or None where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
