"""A moving line on a terminal, a line per quarter elsewhere."""

from __future__ import annotations

import io
import os

import pytest

from meetcore.cli.progress_bar import CLEAR_LINE, ProgressBoard, Report


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


def test_a_file_gets_a_line_per_quarter_of_each_step() -> None:
    stream = io.StringIO()
    board = ProgressBoard(stream)
    for step in ("decoding", "recognizing"):
        for percent in range(101):
            board.show(Report("a", step, percent / 100, f"{step} {percent}"))
    board.close()
    quarters = [f"{step} {p}" for step in ("decoding", "recognizing") for p in range(0, 101, 25)]
    assert stream.getvalue().splitlines() == quarters


def test_a_terminal_gets_one_line_that_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((20, 24)))
    stream = Terminal()
    board = ProgressBoard(stream)
    board.show(Report("a", "x", 0.1, "a 10 %"))
    board.show(Report("b", "x", 0.2, "b 20 % " + "and so on" * 9))
    assert stream.getvalue().split(CLEAR_LINE) == ["", "a 10 %", "a 10 %   b 20 % and"]


def test_what_is_said_stays_and_the_moving_line_goes() -> None:
    stream = Terminal()
    board = ProgressBoard(stream)
    board.show(Report("a", "x", 0.1, "a 10 %"))
    board.say("a: done")
    board.close()
    board.close()
    assert stream.getvalue() == f"{CLEAR_LINE}a 10 %{CLEAR_LINE}a: done\n{CLEAR_LINE}"
