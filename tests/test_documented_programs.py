"""The Python programs of the README and of docs/ run as they are printed, with the real models."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from meetcore.records import SAMPLE_RATE, Samples
from tests.conftest import SamplePaths

pytestmark = pytest.mark.model

ROOT = Path(__file__).parent.parent
SECONDS = 10


def programs(page: str) -> list[str]:
    """The Python blocks of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def blocks(samples: Samples) -> Iterator[Samples]:
    """The first seconds of some audio, half a second at a time."""
    for start in range(0, SECONDS * SAMPLE_RATE, 8_000):
        yield samples[start : start + 8_000]


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_the_python_programs_run(
    page: str,
    sample_paths: SamplePaths,
    sample_audio: Samples,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEETCORE_RECOGNIZER", "tiny.en")
    with wave.open(str(sample_paths.wav)) as whole, wave.open("talk.mp3", "wb") as part:
        part.setparams(whole.getparams())
        part.writeframes(whole.readframes(SECONDS * SAMPLE_RATE))
    names = {"microphone": blocks(sample_audio)}
    for program in programs(page):
        exec(compile(program, page, "exec"), names)
    assert (tmp_path / "talk.docx").stat().st_size > 10_000
    said = capsys.readouterr().out
    assert "Speaker 1" in said and "Hello" in said


def test_the_program_about_voices_runs(sample_paths: SamplePaths, tmp_path: Path) -> None:
    (program,) = programs("docs/voices.md")
    (tmp_path / "voices.py").write_text(program, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "voices.py", sample_paths.wav, sample_paths.rttm],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "same person, same recording" in done.stdout
