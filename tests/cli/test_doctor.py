"""`python -m meetcore doctor`, here and where everything else is broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def doctor(
    *arguments: str, python: tuple[str, ...] = (sys.executable,), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [*python, "-m", "meetcore", "doctor", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=240,
    )


def found_in(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Verdicts by rule."""
    return {one["rule"]: one["verdict"] for one in json.loads(done.stdout)["findings"]}


@pytest.fixture
def empty(tmp_path: Path) -> dict[str, str]:
    """An empty data folder."""
    return {"MEETCORE_DATA_DIR": str(tmp_path / "data")}


@pytest.mark.model
def test_everything_is_examined_here_and_nothing_is_red(empty: dict[str, str]) -> None:
    done = doctor("--json", **empty)
    report = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    assert (report["verdict"], report["mode"], report["loaded"]) != ("red", "full", True)
    verdicts = found_in(done)
    assert verdicts["broken-library"] == "green", "every library was imported"
    assert verdicts["introspection"] == "green", "the speaker weight was read"
    assert verdicts["torchcodec"] == "green"
    weights = {one["name"]: one for one in report["weights"]}
    assert weights["segmentation-3.0"]["state"] == "verified"
    assert weights["segmentation-3.0"]["checkpoint"]["has_introspection"] is False
    notes = {one["name"]: one["note"] for one in report["libraries"]}
    assert notes["av"].startswith("FFmpeg ")


def test_a_python_without_any_package_is_told_what_to_install(empty: dict[str, str]) -> None:
    done = doctor("--json", python=(sys.executable, "-I", "-S", "-c", BARE), **empty)
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    (missing, *_) = report["findings"]
    assert missing["rule"] == "missing-library" and "torch (words and speakers)" in missing["found"]
    assert missing["command"].startswith(".venv/bin/uv pip install")
    assert report["mode"] == "recording-only"


BARE = (
    f"import sys; sys.path.append({str(ROOT)!r}); sys.argv[1:3] = [];"
    "from meetcore.cli.main import main; sys.exit(main(sys.argv[1:]))"
)
"""The command line of a Python that sees no installed package at all."""


def test_a_setting_that_does_not_fit_is_red_and_named(empty: dict[str, str]) -> None:
    done = doctor("--quick", MEETCORE_GRACE_S="soon", **empty)
    assert done.returncode == 1 and "MEETCORE_GRACE_S" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_missing_weights_are_red_and_mended_by_one_command(
    empty: dict[str, str], tmp_path: Path
) -> None:
    done = doctor("--quick", MEETCORE_CACHE_DIR=str(tmp_path / "cache"), **empty)
    assert done.returncode == 1
    assert (
        "python -m meetcore weights pull base.en moonshine-base moonshine-tiny"
        " segmentation-3.0 campplus" in done.stdout
    )
    assert done.stdout.startswith("Recording only (expected")


def test_what_is_only_worth_knowing_does_not_fail(empty: dict[str, str]) -> None:
    done = doctor("--quick", "--json", PYANNOTE_METRICS_ENABLED="1", **empty)
    assert done.returncode == 0 and found_in(done)["telemetry"] == "amber"


def test_the_report_goes_to_the_clipboard_without_anything_private(tmp_path: Path) -> None:
    home, tools = tmp_path / "ada-lovelace", tmp_path / "bin"
    home.mkdir()
    tools.mkdir()
    clipboard = tools / "wl-copy"
    clipboard.write_text(f"#!/bin/sh\ncat > {tmp_path}/copied\n")
    clipboard.chmod(0o755)
    done = doctor(
        "--quick",
        "--report",
        HOME=str(home),
        PATH=f"{tools}:{os.environ['PATH']}",
        HF_TOKEN="hf_Secret123",
        MEETCORE_DATA_DIR=str(home / "Board meetings"),
        MEETCORE_CACHE_DIR=str(home / "cache"),
    )
    assert "on the clipboard" in done.stderr
    assert (tmp_path / "copied").read_text() == done.stdout.rstrip("\n")
    for private in ("lovelace", "Board", "hf_Secret", str(tmp_path)):
        assert private not in done.stdout
    assert "HF_TOKEN is set" in done.stdout and "numpy" in done.stdout
