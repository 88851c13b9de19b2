"""Tables on a terminal and in a pipe."""

from __future__ import annotations

from meetcore.cli.table import table_lines

HEADINGS = ("id", "title")


def test_a_pipe_gets_one_plain_line_a_row() -> None:
    rows = [("a", "x" * 3000), ("bb", "[red]会议[/red] :smile:")]
    assert table_lines(HEADINGS, rows) == [f"a   {'x' * 3000}", "bb  [red]会议[/red] :smile:"]
    assert table_lines(HEADINGS, []) == []


def test_a_terminal_gets_headings_and_whole_ids() -> None:
    rows = [("20261122-131502-ab12cd", "word " * 40)]
    first, *rest = table_lines(HEADINGS, rows, width=120, wrapped=("title",))
    assert first.split() == ["id", "title"]
    assert rest[0].startswith("20261122-131502-ab12cd  word") and len(rest) == 3
    assert all(len(line) <= 120 for line in [first, *rest])
    assert table_lines(HEADINGS, [], width=120) == []


def test_wide_letters_count_twice() -> None:
    """Chinese and Japanese letters take two columns of a terminal."""
    first, second = table_lines(("a", "b"), [("会议", "x"), ("four", "y")])
    assert first == "会议  x" and second == "four  y"
