"""What `make wheel` builds: which files, where they lie, and what the metadata says."""

from __future__ import annotations

import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

import meetcore
from tests.install.conftest import ROOT, build

pytestmark = pytest.mark.install
PACKED = ("requirements.txt", "constraints.txt", ".streamlit/config.toml", "app.py")


def files_under(folder: str) -> set[str]:
    """Paths below a folder of the clone, relative to the clone."""
    return {
        str(path.relative_to(ROOT))
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def metadata(wheel: Path) -> Message:
    """The wheel's METADATA."""
    with zipfile.ZipFile(wheel) as file:
        (name,) = (name for name in file.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(file.read(name).decode())


def pinned(name: str) -> set[str]:
    """The requirements in a file."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return {line for line in lines if "==" in line}


def test_all_files_lie_inside_the_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = {name for name in file.namelist() if ".dist-info/" not in name}
    app = {f"meetcore/_app/{name}" for name in (*PACKED, *files_under("pages"))}
    assert names == files_under("meetcore") | app
    assert {"meetcore/py.typed", "meetcore/weights/catalogue.toml"} <= names
    assert any(name.startswith("meetcore/store/migrations/versions/") for name in names)


def test_metadata_repeats_the_version_and_the_requirements(wheel: Path) -> None:
    fields = metadata(wheel)
    assert fields["Name"] == "meetcore" and fields["Version"] == meetcore.__version__
    assert fields["License-Expression"] == "MIT" and fields["Requires-Python"] == "<3.12,>=3.11"
    required = fields.get_all("Requires-Dist", [])
    assert {line for line in required if ";" not in line} == pinned("requirements.txt")
    for extra in ("dev", "docs"):
        wanted = f"; extra == '{extra}'"
        own = {line.removesuffix(wanted) for line in required if line.endswith(wanted)}
        assert own == pinned(f"requirements-{extra}.txt")


def test_the_same_files_give_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    assert build(tmp_path).read_bytes() == wheel.read_bytes()
