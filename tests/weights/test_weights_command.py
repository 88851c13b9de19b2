"""`python -m meetcore weights …` as a user runs it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from meetcore.cli.main import main
from meetcore.cli.progress_bar import ProgressBoard
from meetcore.cli.weights import fetch_report
from meetcore.weights.catalogue import load_catalogue
from meetcore.weights.progress import Progress


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user with nothing cached, and offline."""
    monkeypatch.setenv("MEETCORE_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("MEETCORE_OFFLINE", "true")


def test_list_shows_every_weight(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(load_catalogue().weights)
    assert all("not here" in line for line in lines)


def test_pull_offline_says_why_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "pull", "tiny.en"]) == 1
    assert "MEETCORE_OFFLINE" in capsys.readouterr().err


def test_an_unknown_name_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "pull", "huge"]) == 1
    assert "No weight is called 'huge'" in capsys.readouterr().err


def test_verify_finds_what_is_corrupt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "verify"]) == 0
    folder = tmp_path / "weights" / "tiny.en"
    folder.mkdir(parents=True)
    (folder / "tiny.en.pt").write_bytes(b"not it")
    assert main(["weights", "verify"]) == 1
    seen = capsys.readouterr()
    assert "corrupt" in seen.out and "weights pull tiny.en" in seen.err


def test_progress_is_a_line_per_quarter_without_a_terminal() -> None:
    stream = io.StringIO()
    board = ProgressBoard(stream)
    for done in range(0, 101, 5):
        board.show(fetch_report(Progress("w", done * 1_000_000, 100_000_000, "here")))
    board.close()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 5
    assert lines[-1] == "w  100%  100 MB of 100 MB from here"
