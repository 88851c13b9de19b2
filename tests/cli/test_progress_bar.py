"""Bars on a terminal, a line per quarter elsewhere."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest

from meetcore.cli.progress_bar import ProgressBoard, Report
from meetcore.cli.weights import pull
from meetcore.weights.progress import Progress, ProgressCallback
from meetcore.weights.resolver import WeightResolver

QUARTERS = range(0, 101, 25)
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True

    @property
    def shown(self) -> list[str]:
        """All lines ever shown, without colours and movements."""
        return [line.rstrip() for line in re.split(r"[\r\n]+", ESCAPES.sub("", self.getvalue()))]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Sixty columns wide."""
    for name, value in (("COLUMNS", "60"), ("LINES", "24"), ("TERM", "xterm")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def test_a_file_gets_a_line_per_quarter_of_each_step() -> None:
    stream = io.StringIO()
    board = ProgressBoard(stream)
    for step in ("decoding", "recognizing"):
        for percent in range(101):
            board.show(Report("a", step, percent / 100, step))
    board.close()
    quarters = [f"a  {p:3}%  {step}" for step in ("decoding", "recognizing") for p in QUARTERS]
    assert stream.getvalue().splitlines() == quarters


def test_a_terminal_gets_a_bar_for_each_thing(terminal: Terminal) -> None:
    board = ProgressBoard(terminal)
    board.show(Report("[1/2] a.mp3", "x", 0.1, "decoding"))
    board.show(Report("[/b] :smile:", "x", 0.2, "recognizing"))
    last = [line for line in terminal.shown if line][-2:]
    assert re.fullmatch(r"\[1/2\] a\.mp3\s+━.*\s10% decoding", last[0])
    assert re.fullmatch(r"\[/b\] :smile:\s.*\s20% recognizing", last[1]), "names are no markup"
    board.show(Report("[/b] :smile:", "x", 0.3, "recognizing " + "and so on" * 9))
    board.close()
    assert all(len(line) <= 60 for line in terminal.shown)


def test_an_interrupted_fetch_gives_the_cursor_back(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupt(_names: object, progress: ProgressCallback, *, convert: bool) -> None:
        progress(Progress("tiny.en", 1, 2, "here"))
        raise KeyboardInterrupt

    resolver = WeightResolver(tmp_path)
    monkeypatch.setattr(resolver, "pull", interrupt)
    monkeypatch.setattr(sys, "stderr", terminal)
    with pytest.raises(KeyboardInterrupt):
        pull(resolver, [])
    shown = terminal.getvalue()
    assert shown.rfind(SHOW_CURSOR) > shown.rfind(HIDE_CURSOR) >= 0


def test_what_is_said_stays_and_the_bars_go(terminal: Terminal) -> None:
    board = ProgressBoard(terminal)
    board.say("before")
    board.show(Report("a", "x", 0.1, "decoding"))
    board.say("a: done in [red]1 s[/red]" + " and a line is not broken" * 4)
    board.close()
    board.close()
    assert "before" in terminal.shown
    assert "a: done in [red]1 s[/red]" + " and a line is not broken" * 4 in terminal.shown
    assert terminal.getvalue().endswith("\x1b[2K"), "the bar's line is cleared"
    board.show(Report("b", "x", 0.5, "decoding"))
    board.close()
    assert not any("a " in line and "b " in line for line in terminal.shown)
