"""Meetings and hits as lines and as JSON; control characters in titles are not printed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from meetcore.cli.listing import hit_line, hits_json, meeting_lines, meetings_json
from meetcore.records import Meeting, MeetingState, MeetingSummary, SearchHit, SnippetPart, Speaker

BEGAN = datetime(2026, 11, 22, 13, 15, 2, tzinfo=UTC)


def row(title: str, *names: str | None, meeting_id: str = "20261122-131502-ab12cd") -> object:
    people = tuple(Speaker(f"S{n}", name) for n, name in enumerate(names, start=1))
    meeting = Meeting(meeting_id, title, MeetingState.DONE, BEGAN, duration=61.5)
    return MeetingSummary(meeting, people)


def hit(*parts: tuple[str, bool], speaker: str = "Diane") -> SearchHit:
    return SearchHit("id-1", 3, 72.4, speaker, tuple(SnippetPart(*part) for part in parts))


def test_columns_stand_below_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = meeting_lines([row("Budget", "Ana", None), row("Plan", meeting_id="short")])
    assert lines[0].endswith("  00:01:02  done  Ana, Speaker 2  Budget")
    assert lines[0].index("Budget") == lines[1].index("Plan")
    assert lines[0].index("done") == lines[1].index("done")
    assert lines[1].split() == ["short", *lines[0].split()[1:5], "-", "Plan"]


def test_no_meetings_are_no_lines() -> None:
    assert meeting_lines([]) == []
    assert json.loads(meetings_json([])) == []


def test_many_people_are_counted() -> None:
    (line,) = meeting_lines([row("All hands", *"ABCDEF")])
    assert "A, B, C, D, +2  All hands" in line


def test_escapes_in_titles_and_names_do_not_reach_the_terminal() -> None:
    (line,) = meeting_lines([row("a\x1b[31mred\nline", "b\x07")])
    assert "\x1b" not in line and "\x07" not in line and "\n" not in line
    shown = hit_line(hit(("x\x1b[2J", False), ("y\n", True), speaker="\x1b]0;"), bold=False)
    assert "\x1b" not in shown and "\n" not in shown


def test_json_has_what_scripts_ask_for() -> None:
    (item,) = json.loads(meetings_json([row("Budget", "Ana", None)]))
    assert item["id"] == "20261122-131502-ab12cd"
    assert item["created_at"] == "2026-11-22T13:15:02+00:00"
    assert (item["duration"], item["state"]) == (61.5, "done")
    assert item["people"] == ["Ana", "Speaker 2"]


def test_a_hit_is_id_time_speaker_text() -> None:
    found = hit(("I said ", False), ("hello", True), (", twice", False))
    assert hit_line(found, bold=False) == "id-1  00:01:12  Diane  I said hello, twice"
    assert "I said \x1b[1mhello\x1b[0m, twice" in hit_line(found, bold=True)
    (item,) = json.loads(hits_json([found]))
    assert (item["text"], item["matches"]) == ("I said hello, twice", ["hello"])
    assert item["start"] == 72.4


def test_words_of_a_hit_stay_apart() -> None:
    line = hit_line(hit((" a ", False), (" b ", True), (" ", False), ("c", False)), bold=False)
    assert line.endswith("Diane  a b c")
