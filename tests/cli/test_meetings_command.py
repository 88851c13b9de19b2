"""`python -m meetcore meetings …` on a real store, without models."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import wave
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from meetcore.audio.recording import RecordingWriter
from meetcore.cli.main import main
from meetcore.cli.meetings import point_in_time
from meetcore.records import MeetingState, Speaker, Stage, Transcript, Turn
from meetcore.store.meetings import MeetingStore, open_store
from tests.transcript.random_transcripts import sentence

ROOT = Path(__file__).parents[2]
SPOKEN = Transcript(
    (
        sentence("Oh, hello. I did not know you were there.", 0.4, "S1"),
        sentence("Neither did I.", 8.2, "S2"),
    ),
    (Speaker("S1", "Diane"), Speaker("S2")),
    Stage.FINAL,
)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MeetingStore]:
    """An empty library in a data folder of its own."""
    monkeypatch.setenv("MEETCORE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("MEETCORE_OFFLINE", "true")
    opened = open_store(f"sqlite:///{tmp_path / 'data' / 'meetcore.db'}")
    yield opened
    opened.close()


def add_meeting(store: MeetingStore, meeting_id: str, title: str, name: str = "Diane") -> None:
    """Put a finished meeting into the library."""
    store.create_meeting(title, meeting_id=meeting_id, state=MeetingState.DONE)
    store.replace_transcript(meeting_id, SPOKEN)
    store.rename_speaker(meeting_id, "S1", name)
    store.update(meeting_id, duration=61.5)


def add_recording(tmp_path: Path, meeting_id: str) -> Path:
    folder = tmp_path / "data" / "recordings" / meeting_id
    writer = RecordingWriter(folder, 1.0)
    writer.append(np.arange(1600, dtype=np.int16))
    writer.close()
    return folder


def test_list_shows_the_newest_first(
    store: MeetingStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["meetings", "list"]) == 0
    assert capsys.readouterr().out == ""
    add_meeting(store, "20261121-a", "Budget")
    add_meeting(store, "20261122-b", "Plan", "Ana")
    assert main(["meetings", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["20261122-b", "20261121-a"]
    assert lines[1].endswith("done  Diane, Speaker 2  Budget")


def test_list_is_filtered_and_limited(
    store: MeetingStore, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(3):
        add_meeting(store, f"2026112{number}-a", f"Budget {number}")
    add_meeting(store, "20261129-b", "Plan", "Ana")
    assert main(["meetings", "list", "--person", "Ana", "--json"]) == 0
    assert [item["title"] for item in json.loads(capsys.readouterr().out)] == ["Plan"]
    assert main(["meetings", "list", "--limit", "1"]) == 0
    seen = capsys.readouterr()
    assert len(seen.out.splitlines()) == 1 and "--limit 4" in seen.err
    tomorrow = (datetime.now() + timedelta(days=1)).date().isoformat()
    for since, count in ((tomorrow, 0), ("1d", 4), ("today", 4)):
        assert main(["meetings", "list", "--since", since, "--json"]) == 0
        assert len(json.loads(capsys.readouterr().out)) == count


def test_show_takes_the_beginning_of_an_id(
    store: MeetingStore, capsys: pytest.CaptureFixture[str]
) -> None:
    add_meeting(store, "20261121-ab", "Budget")
    add_meeting(store, "20261121-ac", "Plan")
    assert main(["meetings", "show", "20261121-ab"]) == 0
    title, facts, printed = capsys.readouterr().out.split("\n", 2)
    assert title == "Budget" and facts.endswith(" · 1:02 · Diane · Speaker 2")
    assert printed == (
        "\n[00:00:00] Diane: Oh, hello. I did not know you were there.\n\n"
        "[00:00:08] Speaker 2: Neither did I.\n"
    )
    assert main(["meetings", "show", "20261121"]) == 1
    said = capsys.readouterr().err
    assert "20261121-ab" in said and "20261121-ac" in said and "more of the id" in said
    assert main(["meetings", "show", "latest"]) == 0
    assert capsys.readouterr().out.startswith("Plan\n")
    assert main(["meetings", "show", "x"]) == 1
    assert "meetings list" in capsys.readouterr().err


def test_export_writes_every_format(
    store: MeetingStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_meeting(store, "20261121-ab", "Budget: 1/2")
    store.replace_turns("20261121-ab", [Turn(0.4, 9.0, "S1"), Turn(8.0, 9.5, "S2")])
    for name, extension in (("docx", "docx"), ("rttm", "rttm"), ("seglst", "seglst.json")):
        words = ["meetings", "export", "2026", "--format", name, "--output", str(tmp_path / "o")]
        assert main(words) == 0
        path = tmp_path / "o" / f"Budget- 1-2.{extension}"
        assert capsys.readouterr().out == f"{path}\n"
        assert path.stat().st_size > 0
    assert (tmp_path / "o" / "Budget- 1-2.rttm").read_text().count("SPEAKER") == 2


def test_export_of_several_goes_on_after_one_that_is_not_there(
    store: MeetingStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_meeting(store, "a1", "Same")
    add_meeting(store, "b1", "Same")
    words = ["meetings", "export", "a", "x", "b", "--format", "srt", "--output", str(tmp_path)]
    assert main(words) == 1
    seen = capsys.readouterr()
    names = [Path(line).name for line in seen.out.splitlines()]
    assert names == ["Same.srt", "Same-2.srt"] and "'x'" in seen.err


def test_a_recording_that_is_not_finished_is_exported_as_wav(
    store: MeetingStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_meeting(store, "a1", "Budget")
    words = ["meetings", "export", "a1", "--format", "audio", "--output", str(tmp_path / "o")]
    assert main(words) == 1
    assert "no recording" in capsys.readouterr().err
    add_recording(tmp_path, "a1")
    assert main(words) == 0
    with wave.open(str(tmp_path / "o" / "Budget.wav")) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getnframes()) == (16000, 1, 1600)
        assert sound.readframes(3) == b"\x00\x00\x01\x00\x02\x00"


def test_search_prints_meeting_time_speaker_and_text(
    store: MeetingStore, capsys: pytest.CaptureFixture[str]
) -> None:
    add_meeting(store, "a1", "Budget")
    assert main(["meetings", "search", "neither"]) == 0
    assert capsys.readouterr().out == "a1  00:00:08  Speaker 2  Neither did I.\n"
    assert main(["meetings", "search", "hello", "--json"]) == 0
    (item,) = json.loads(capsys.readouterr().out)
    assert (item["meeting_id"], item["speaker"]) == ("a1", "Diane")
    assert [match.strip(" .") for match in item["matches"]] == ["hello"]
    assert main(["meetings", "search", "zebra"]) == 1
    assert capsys.readouterr().out == ""


def test_delete_needs_yes_without_a_terminal(
    store: MeetingStore, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_meeting(store, "a1", "Budget")
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(SystemExit) as stopped:
        main(["meetings", "delete", "a1"])
    assert stopped.value.code == 2 and "--yes" in capsys.readouterr().err
    assert store.get("a1").title == "Budget"


class TerminalInput(io.StringIO):
    """Standard input that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_delete_asks_and_then_text_and_audio_are_gone(
    store: MeetingStore,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_meeting(store, "a1", "Budget")
    folder = add_recording(tmp_path, "a1")
    for answer in ("n\n", "\n", ""):
        monkeypatch.setattr(sys, "stdin", TerminalInput(answer))
        assert main(["meetings", "delete", "a1"]) == 1
        assert folder.exists()
    assert "Budget" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", TerminalInput("y\n"))
    assert main(["meetings", "delete", "a1"]) == 0
    assert capsys.readouterr().out == "a1\n"
    assert not folder.exists()
    assert main(["meetings", "show", "a1"]) == 1
    assert main(["meetings", "search", "hello"]) == 1


def test_a_meeting_being_recorded_is_not_deleted(
    store: MeetingStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store.create_meeting("Live", meeting_id="l1")
    with FileLock(tmp_path / "data" / "owner.lock"):
        assert main(["meetings", "delete", "l1", "--yes"]) == 1
        assert "stop it in the app" in capsys.readouterr().err
    assert main(["meetings", "delete", "l1", "--yes"]) == 0


def test_delete_of_several_goes_on_after_one_that_is_not_there(
    store: MeetingStore, capsys: pytest.CaptureFixture[str]
) -> None:
    add_meeting(store, "a1", "Budget")
    add_meeting(store, "b1", "Plan")
    assert main(["meetings", "delete", "a1", "x1", "b1", "b", "--yes"]) == 1
    seen = capsys.readouterr()
    assert seen.out == "a1\nb1\n" and "'x1'" in seen.err
    assert store.list_meetings() == []


@pytest.mark.parametrize("text", ["yesterday-ish", "2026-13-01", "d7", ""])
def test_a_date_that_is_none_is_wrong_usage(
    store: MeetingStore, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["meetings", "list", "--since", text])
    assert stopped.value.code == 2 and "2026-11-22" in capsys.readouterr().err


def test_dates_have_a_time_zone() -> None:
    assert point_in_time("2026-11-22").utcoffset() is not None
    assert point_in_time("2026-11-22T10:00+02:00") == datetime(2026, 11, 22, 8, tzinfo=UTC)
    passed = datetime.now(UTC) - point_in_time("7d")
    assert timedelta(days=7) <= passed + timedelta(minutes=1) < timedelta(days=7, minutes=2)


def test_a_closed_pipe_is_no_error(store: MeetingStore, tmp_path: Path) -> None:
    for number in range(400):
        store.create_meeting("Budget " * 40, meeting_id=f"m{number}", state=MeetingState.DONE)
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "meetcore", "meetings", "list", "--limit", "400"],
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
        cwd=ROOT,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")
