"""The commands of a clone, and the environment of child processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from meetcore import installation


def test_a_clone_names_its_own_commands() -> None:
    assert installation.IS_CLONE and installation.START == "make run"
    assert installation.command("weights pull") == "python -m meetcore weights pull"
    assert installation.REINSTALL == (
        ".venv/bin/uv pip install --python .venv/bin/python -c constraints.txt -r requirements.txt"
    )
    for path in (installation.APP_SCRIPT, installation.STREAMLIT_CONFIG, installation.CONSTRAINTS):
        assert path.is_file()


def test_a_child_process_imports_this_package_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "queue.py").write_text('raise RuntimeError("a file of the user was imported")')
    done = subprocess.run(
        installation.python_module("meetcore", "--version"),
        cwd=tmp_path,
        env=installation.child_environment(),
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("meetcore "), done.stderr


def test_site_packages_are_not_put_before_the_standard_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "given")
    clone = str(Path(installation.__file__).parents[1])
    assert installation.child_environment()["PYTHONPATH"] == os.pathsep.join([clone, "given"])
    monkeypatch.setattr(installation, "_PACKAGE", tmp_path / "site-packages" / "meetcore")
    assert installation.child_environment()["PYTHONPATH"] == "given"
    assert sys.executable in installation.python_module("meetcore")
