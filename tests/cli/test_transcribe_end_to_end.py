"""The command line end to end: real weights, a real process, a real library."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
import srt

from meetcore.cli.main import main
from meetcore.cli.output_place import NAMES
from meetcore.metrics.wer import word_errors
from meetcore.records import JobState, MeetingState, Stage
from meetcore.store.meetings import open_store
from meetcore.transcript.formats import stm
from tests.conftest import SamplePaths

pytestmark = pytest.mark.model
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder that this module's tests share, in order."""
    folder = tmp_path_factory.mktemp("user")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEETCORE_DATA_DIR", str(folder))
        patch.setenv("MEETCORE_RECOGNIZER", "tiny.en")
        yield folder


def transcribe(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "meetcore", "transcribe", *words],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        cwd=ROOT,
    )


def ids(capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert main(["meetings", "list", "--json"]) == 0
    return [item["id"] for item in json.loads(capsys.readouterr().out)]


def test_a_broken_file_and_the_sample(
    data_dir: Path, sample_paths: SamplePaths, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"this is no sound" * 100)
    done = transcribe(str(broken), str(sample_paths.wav), "--max-speakers", "4", "--title", "x")
    assert done.returncode == 2 and "--title" in done.stderr
    done = transcribe(str(broken), str(sample_paths.wav), "--max-speakers", "4")
    assert done.returncode == 1, done.stderr
    assert "[1/2] broken.mp3: " in done.stderr and "Traceback" not in done.stderr
    assert "[2/2] sample.wav: 00:00:30 in " in done.stderr
    assert 2 <= done.stderr.count("%") <= 12
    title, *paragraphs = done.stdout.strip().split("\n\n")
    assert title.split("\n")[0] == "sample" and "· 0:30 · Speaker 1 · Speaker 2" in title
    assert {line.split("] ")[1].split(":")[0] for line in paragraphs} == {"Speaker 1", "Speaker 2"}
    said = " ".join(line.split(": ", 1)[1] for line in paragraphs)
    reference = " ".join(s.text for s in stm.loads(sample_paths.stm.read_text()).segments)
    assert word_errors(reference, said).rate < 0.25
    assert sample_paths.wav.exists() and broken.exists()


def test_what_was_transcribed_is_in_the_library_of_the_app(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failed, kept = ids(capsys)  # by date: the sample is older
    store = open_store(f"sqlite:///{data_dir / 'meetcore.db'}")
    try:
        meeting, job = store.get(kept), store.jobs.get(kept)
        assert (meeting.state, meeting.source_name) == (MeetingState.DONE, "sample.wav")
        assert job is not None and job.state is JobState.DONE
        assert store.transcript(kept).stage is Stage.FINAL and store.turns(kept)
        assert store.get(failed).state is MeetingState.FAILED
    finally:
        store.close()
    assert main(["meetings", "search", "hello", "--limit", "1"]) == 0
    assert capsys.readouterr().out.startswith(f"{kept}  00:00:0")
    assert main(["meetings", "show", kept]) == 0
    assert "Speaker 1: " in capsys.readouterr().out


def test_every_format_and_the_audio_are_exported(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, kept = ids(capsys)
    for name in NAMES:
        words = ["meetings", "export", kept, "--format", name, "--output", str(tmp_path)]
        assert main(words) == 0, name
    paths = {path.suffix: path for path in tmp_path.iterdir()}
    assert len(list(tmp_path.iterdir())) == len(NAMES)
    assert soundfile.info(paths[".flac"]).duration == pytest.approx(30.0, abs=0.1)
    cues = list(srt.parse(paths[".srt"].read_text()))
    assert cues and cues[-1].start.total_seconds() < 30.0, "it may be shown longer, to be read"


def test_what_is_deleted_is_gone(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = ids(capsys)
    assert len(both) == 2
    assert main(["meetings", "delete", *both, "--yes"]) == 0
    assert capsys.readouterr().out.split() == both
    assert ids(capsys) == []
    left = [path for path in (data_dir / "recordings").rglob("*") if path.is_file()]
    left += [path for path in (data_dir / "uploads").rglob("*") if path.is_file()]
    assert left == []
    assert b"hello" not in (data_dir / "meetcore.db").read_bytes().lower()


def test_an_interrupted_job_is_gone_on_with(
    data_dir: Path,
    sample_paths: SamplePaths,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Long enough to be still at work when the signal comes: half a minute takes a second or two.
    long = tmp_path / "sample.wav"
    with wave.open(str(sample_paths.wav)) as short, wave.open(str(long), "wb") as file:
        file.setparams(short.getparams())
        file.writeframes(short.readframes(short.getnframes()) * 10)
    running = subprocess.Popen(
        [sys.executable, "-m", "meetcore", "transcribe", "--no-speakers", str(long)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert running.stderr is not None
    first = running.stderr.readline()
    assert "sample.wav" in first and "%" in first
    os.kill(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=150)
    (meeting_id,) = ids(capsys)
    assert (running.returncode, out) == (130, "")
    assert f"transcribe --resume {meeting_id}" in err and "Traceback" not in err
    done = transcribe("--resume", meeting_id, "-q", "--no-keep", "--format", "stm")
    assert (done.returncode, done.stderr) == (0, "")
    assert stm.loads(done.stdout).segments
    assert ids(capsys) == []
