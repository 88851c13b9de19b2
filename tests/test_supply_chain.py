"""What is installed is what was tested: pins, hashes, the installer, the bill of materials."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from meetcore.weights.catalogue import load_catalogue

ROOT = Path(__file__).parents[1]
LOCKED = ("constraints.txt", "tests/environments/pyannote-2.1.1.txt")
UV = Path(sys.executable).with_name("uv")


def pins(name: str) -> dict[str, tuple[str, list[str]]]:
    """Version and hashes of each package that a file pins, by normalized name."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found = re.findall(r"^([\w.-]+)==(\S+)((?: \\\n +--hash=\S+)*)$", text, re.MULTILINE)
    return {
        canonicalize_name(package): (version, re.findall(r"sha256:([0-9a-f]{64})", lines))
        for package, version, lines in found
    }


@pytest.mark.parametrize("name", LOCKED)
def test_every_pinned_package_has_hashes(name: str) -> None:
    locked = pins(name)
    assert len(locked) > 50
    assert [package for package, (_, hashes) in locked.items() if not hashes] == []


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-dev.txt", "requirements-docs.txt"]
)
def test_every_requirement_is_the_pinned_version(name: str) -> None:
    locked = pins("constraints.txt")
    for package, (version, _) in pins(name).items():
        assert locked[package][0] == version, package


def test_what_builds_the_wheel_is_pinned_too() -> None:
    (required,) = re.findall(r'requires = \["(\S+)"\]', (ROOT / "pyproject.toml").read_text())
    name, version = required.split("==")
    assert pins("constraints.txt")[name][0] == version


def test_make_installs_nothing_without_its_hash() -> None:
    done = subprocess.run(
        ["make", "-n", "-B", "setup-test", "setup-environments", ".setup/docs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    installing = [
        line.replace("\\\n", " ")
        for line in done.stdout.replace("\\\n", " ").splitlines()
        if "pip install" in line
    ]
    assert len(installing) >= 5
    assert [line for line in installing if "--require-hashes" not in line] == []


def test_every_package_of_the_page_checks_has_its_hash() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert [name for name, one in packages.items() if name and not one.get("integrity")] == []


def test_a_file_with_another_hash_is_refused(tmp_path: Path) -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    lines = re.search(r"^tenacity==.*(?:\n +--hash=.*)+", text, re.MULTILINE)
    assert lines
    tampered = tmp_path / "constraints.txt"
    changed = re.sub(
        "sha256:.", lambda at: "sha256:" + ("1" if at[0][-1] == "0" else "0"), lines[0]
    )
    tampered.write_text(text.replace(lines[0], changed), encoding="utf-8")
    install = [UV, "pip", "install", "--no-deps", "--target", tmp_path / "site", "tenacity", "-c"]
    refused = subprocess.run([*install, tampered], capture_output=True, text=True)
    assert refused.returncode != 0 and "Hash mismatch" in refused.stderr
    assert not (tmp_path / "site" / "tenacity").exists()
    subprocess.run([*install, ROOT / "constraints.txt"], capture_output=True, check=True)
    assert (tmp_path / "site" / "tenacity").is_dir()


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The bill of materials of this environment."""
    path = tmp_path_factory.mktemp("bill") / "bill.json"
    subprocess.run([sys.executable, ROOT / ".ci" / "sbom.py", path], check=True)
    made: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return made


def test_the_bill_lists_what_the_app_runs_with(bill: dict[str, Any]) -> None:
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    packages = {canonicalize_name(each["name"]): each for each in bill["components"]}
    assert pins("requirements.txt").keys() <= packages.keys()
    assert not packages.keys() & {"pytest", "playwright", "mkdocs-material", "cyclonedx-bom"}
    for name, (version, hashes) in pins("constraints.txt").items():
        if name in packages:
            stated = {each["content"] for each in packages[name]["hashes"]}
            assert (packages[name]["version"], stated) == (version, set(hashes)), name


def test_the_bill_lists_the_weights(bill: dict[str, Any]) -> None:
    models = [each for each in bill["components"] if each["type"] == "machine-learning-model"]
    assert all(each["licenses"] for each in models)
    stated = {file["hashes"][0]["content"] for each in models for file in each["components"]}
    catalogue = load_catalogue().weights.values()
    assert stated == {file.sha256 for weight in catalogue for file in weight.files}


def test_the_bill_says_what_needs_what(bill: dict[str, Any]) -> None:
    graph = {each["ref"]: set(each.get("dependsOn", [])) for each in bill["dependencies"]}
    refs = {each["bom-ref"] for each in bill["components"]}
    root = bill["metadata"]["component"]["bom-ref"]
    reached: set[str] = set()
    waiting = [root]
    while waiting:
        ref = waiting.pop()
        if ref not in reached:
            reached.add(ref)
            waiting += graph.get(ref, ())
    assert refs == reached - {root}
