"""pyannote.audio 2.1.1, really installed: the doctor foresees what its loader then raises."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from meetcore.weights.resolver import WeightResolver
from tests.browser.conftest import ROOT

LOAD = "import sys; from pyannote.audio import Model; Model.from_pretrained(sys.argv[1])"

pytestmark = [pytest.mark.environment, pytest.mark.model]


@pytest.fixture(scope="module")
def old_python() -> Path:
    """The interpreter of an environment with pyannote.audio 2.1.1."""
    python = ROOT / ".setup" / "pyannote-2.1.1" / "bin" / "python"
    code = "from importlib.metadata import version; print(version('pyannote.audio'))"
    assert python.exists(), "run make test-environments, which installs it"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "2.1.1", f"run make test-environments: {done.stderr[-300:]}"
    return python


def test_doctor_names_the_mismatch_before_any_load(
    old_python: Path, resolver: WeightResolver, tmp_path: Path
) -> None:
    resolver.resolve("segmentation-3.0")
    done = subprocess.run(
        [old_python, "-m", "meetcore", "doctor", "--json", "--quick"],
        cwd=ROOT,
        env={
            **os.environ,
            "MEETCORE_DATA_DIR": str(tmp_path),
            "PYTHONPROFILEIMPORTTIME": "1",  # Writes every imported module to stderr.
        },
        capture_output=True,
        text=True,
        check=False,
    )
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert "meetcore.checkpoints.inspect" in imported
    assert not imported & {"torch", "torchaudio", "pyannote.audio", "pytorch_lightning"}
    findings = {each["rule"]: each for each in json.loads(done.stdout)["findings"]}
    assert done.returncode == 1
    for rule in ("introspection", "pyannote-generation"):
        assert findings[rule]["verdict"] == "red"
        assert "2.1.1" in findings[rule]["found"]
        assert "requirements.txt" in findings[rule]["command"]


def test_its_loader_then_raises_what_was_foreseen(
    old_python: Path, resolver: WeightResolver
) -> None:
    path = resolver.resolve("segmentation-3.0")
    done = subprocess.run(
        [old_python, "-c", LOAD, path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "KeyError: 'introspection'"
