"""Batches of files: what is printed, what is kept, and what one bad file does."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from meetcore.cli.output import OutputError
from meetcore.cli.progress_bar import ProgressBoard
from meetcore.cli.transcribe_batch import Batch, BatchRequest
from meetcore.errors import AudioDecodeError
from meetcore.records import (
    Job,
    JobOptions,
    JobStage,
    JobState,
    MeetingState,
    Speaker,
    Stage,
    Transcript,
)
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore, open_store
from tests.transcript.random_transcripts import sentence


@dataclass
class Scripted:
    """A service whose transcript is the text in the file; real store, no models."""

    store: MeetingStore
    uploads_dir: Path
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    def import_file(
        self,
        path: Path,
        name: str,
        options: JobOptions,
        title: str | None = None,
        created_at: datetime | None = None,
    ) -> str:
        meeting = self.store.create_meeting(
            title or Path(name).stem,
            meeting_id=f"m{len(self.calls)}",
            source_name=name,
            created_at=created_at,
        )
        self.calls.append(("import", name, options))
        self.texts[meeting.id] = path.read_text()
        path.unlink()
        self.store.jobs.put(Job(meeting.id, JobState.QUEUED, JobStage.DECODING, options))
        return meeting.id

    def retry(self, meeting_id: str) -> None:
        self.calls.append(("retry", meeting_id))
        self.texts[meeting_id] = "Better now."

    def run_job_and_wait(self, meeting_id: str) -> None:
        text = self.texts.get(meeting_id, "Gone on with.")
        if text == "interrupt":
            raise KeyboardInterrupt
        if text == "broken":
            state, stage = JobState.FAILED, JobStage.DECODING
            self.store.jobs.update(meeting_id, state=state, stage=stage, detail="No sound in it.")
            self.store.update(meeting_id, state=MeetingState.FAILED)
            return
        said = Transcript((sentence(text, 0.5, "S1"),), (Speaker("S1"),), Stage.FINAL)
        self.store.replace_transcript(meeting_id, said)
        self.store.update(meeting_id, state=MeetingState.DONE, duration=2.5)
        detail = "Nobody could be told apart." if text == "alone" else ""
        self.store.jobs.update(meeting_id, state=JobState.DONE, overall=1.0, detail=detail)

    def delete(self, meeting_id: str, restore_window_s: float) -> None:
        self.calls.append(("delete", meeting_id))
        self.store.delete(meeting_id)


@dataclass
class Bench:
    """A folder of input files, and a batch that transcribes them."""

    folder: Path
    service: Scripted
    settings: Settings
    progress: io.StringIO = field(default_factory=io.StringIO)

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def run(self, *items: str, **request: Any) -> int:
        board = ProgressBoard(self.progress)
        return Batch(self.settings, self.service, board, BatchRequest(items, **request)).run()


@pytest.fixture
def bench(tmp_path: Path, settings_for: Callable[..., Settings]) -> Iterator[Bench]:
    settings = settings_for(tmp_path)
    store = open_store(settings.database)
    yield Bench(tmp_path, Scripted(store, tmp_path / "data" / "uploads"), settings)
    store.close()


def test_results_on_stdout_and_the_rest_on_stderr(
    bench: Bench, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    mine = bench.file("talk.mp3", "Hello there.")
    assert bench.run(mine) == 0
    printed, errors = capfdbinary.readouterr()
    assert errors == b""
    assert re.fullmatch(
        r"talk\n\d+ \w+ \d{4}, \d\d:\d\d · 0:03 · Speaker 1\n\n"
        r"\[00:00:00\] Speaker 1: Hello there.\n",
        printed.decode(),
    )
    assert "talk.mp3: 00:00:03 in " in bench.progress.getvalue()
    assert "meeting m0." in bench.progress.getvalue()
    assert Path(mine).read_text() == "Hello there."
    assert not list(bench.service.uploads_dir.iterdir())
    assert bench.service.store.get("m0").source_name == "talk.mp3"


def test_one_bad_file_does_not_stop_the_others(
    bench: Bench, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    files = [bench.file("a.wav", "First."), bench.file("b.wav", "broken"), "nowhere.wav"]
    assert bench.run(*files, bench.file("c.wav", "Last.")) == 1
    out, err = capfdbinary.readouterr()
    assert out.count(b"Speaker 1: ") == 2 and out.endswith(b"Last.\n")
    assert err.decode().splitlines() == [
        "[2/4] b.wav: No sound in it.",
        "[3/4] nowhere.wav: nowhere.wav does not exist; check the name.",
    ]


def test_files_in_a_folder_are_named_like_what_they_were_made_of(
    bench: Bench, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    target = tmp_path / "out"
    files = [bench.file("talk.mp3", "One."), bench.file("talk.wav", "Two.")]
    assert bench.run(*files, output=str(target), format_name="srt") == 0
    assert capfdbinary.readouterr().out.decode().splitlines() == [
        str(target / "talk.srt"),
        str(target / "talk-2.srt"),
    ]
    assert "Two." in (target / "talk-2.srt").read_text()


def test_options_and_title_go_along_and_a_lack_is_said(bench: Bench) -> None:
    options = JobOptions(language="de", n_speakers=2)
    assert bench.run(bench.file("a.wav", "alone"), options=options, title="Plan") == 0
    assert bench.service.calls == [("import", "a.wav", options)]
    assert bench.service.store.get("m0").title == "Plan"
    assert "Nobody could be told apart." in bench.progress.getvalue()


def test_what_is_not_to_be_kept_is_deleted_after_it_is_written(bench: Bench) -> None:
    assert bench.run(bench.file("a.wav", "Hello."), keep=False) == 0
    assert bench.service.calls[-1] == ("delete", "m0")
    assert "not kept" in bench.progress.getvalue()
    assert bench.run(bench.file("b.wav", "broken"), keep=False) == 1
    assert bench.service.store.list_meetings() == []


def test_a_place_nobody_can_write_to_is_said_before_any_work(bench: Bench) -> None:
    blocked = bench.file("blocked", "a file where a folder should be")
    with pytest.raises(OutputError, match="--output"):
        bench.run(bench.file("a.wav", "Hello."), output=f"{blocked}/out")
    assert bench.service.calls == []


def test_an_interrupted_file_says_how_to_go_on(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        bench.run(bench.file("a.wav", "interrupt"), bench.file("b.wav", "Never."))
    assert "transcribe --resume m0" in capsys.readouterr().err
    assert len(bench.service.calls) == 1
    bench.service.texts.clear()
    assert bench.run("m0", resume=True) == 0


def test_what_failed_is_tried_again(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.run(bench.file("a.wav", "broken")) == 1
    assert bench.run("m0", resume=True) == 0
    assert ("retry", "m0") in bench.service.calls
    assert bench.run("x9", resume=True) == 1
    assert "'x9'" in capsys.readouterr().err


def test_a_file_that_cannot_be_taken_leaves_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> str:
        raise AudioDecodeError("The disk is full; free some space.")

    monkeypatch.setattr(bench.service, "import_file", refuse)
    assert bench.run(bench.file("a.wav", "Hello.")) == 1
    assert not list(bench.service.uploads_dir.iterdir())


def test_standard_input_is_kept_on_disk_and_transcribed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"From a pipe.")))
    assert bench.run("-", output=str(tmp_path / "out")) == 0
    assert "From a pipe." in (tmp_path / "out" / "Recording.txt").read_text()
    assert bench.service.store.get("m0").title == "Recording"
    assert not list(bench.service.uploads_dir.iterdir())


def test_nothing_on_standard_input_is_one_sentence(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    assert bench.run("-", title="Plan") == 1
    assert "Plan: Nothing came in on standard input" in capsys.readouterr().err
    assert not bench.service.calls and not list(bench.service.uploads_dir.iterdir())


def tagged(folder: Path, name: str, **tags: str) -> str:
    """Two seconds of silence with metadata."""
    path = folder / name
    with av.open(str(path), "w") as target:
        target.metadata.update(tags)
        stream = target.add_stream("aac", rate=16_000, layout="mono")
        for first in range(0, 32_000, 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate, frame.pts = 16_000, first
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return str(path)


CHANGED, STATED = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC), datetime(2023, 3, 4, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tags", "changed", "expected"),
    [
        ({"creation_time": STATED.isoformat()}, CHANGED, STATED),
        ({}, CHANGED, CHANGED),
        ({"creation_time": "1904-01-01T00:00:00Z"}, CHANGED, CHANGED),
        ({}, datetime(1970, 1, 1, tzinfo=UTC), None),
        (None, CHANGED, CHANGED),
    ],
)
def test_a_meeting_has_the_date_of_its_recording(
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    tags: dict[str, str] | None,
    changed: datetime,
    expected: datetime | None,
) -> None:
    monkeypatch.setattr(Path, "read_text", lambda _: "Hello.")
    file = bench.file("x.m4a", "broken") if tags is None else tagged(bench.folder, "a.m4a", **tags)
    os.utime(file, (changed.timestamp(), changed.timestamp()))
    began = datetime.now(UTC)
    assert bench.run(file) == 0
    found = bench.service.store.get("m0").created_at
    assert found == expected if expected else began <= found <= datetime.now(UTC)


def test_a_copy_has_the_date_of_what_was_copied(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError()))
    file = bench.file("talk.wav", "Hello.")
    os.utime(file, (CHANGED.timestamp(), CHANGED.timestamp()))
    assert bench.run(file) == 0
    assert bench.service.store.get("m0").created_at == CHANGED
