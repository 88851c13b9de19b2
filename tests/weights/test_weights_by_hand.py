"""Files brought from elsewhere: added by command, put into the cache by hand, given by path."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from meetcore.cli.main import main
from meetcore.errors import WeightUnavailableError
from meetcore.weights.catalogue import Catalogue, Shape, Source, WeightFile
from meetcore.weights.progress import Progress
from meetcore.weights.resolver import CacheState, WeightResolver
from tests.weights.conftest import Publisher, file_of, url_source

Build = Callable[..., Catalogue]


def unsized(catalogue: Catalogue, size: int) -> Catalogue:
    """The same with unknown sizes, and a network that suggests about this one."""
    weight = catalogue.weights["w"]
    files = tuple(replace(file, size=0) for file in weight.files)
    shape = Shape(1, 0, 0, size // 2)
    return replace(catalogue, weights={"w": replace(weight, files=files, shape=shape)})


@pytest.fixture
def catalogue(catalogue_of: Build, publisher: Publisher, content: bytes) -> Catalogue:
    return catalogue_of((file_of("a.pt", content),), url_source(publisher.url, "a.pt"))


@pytest.fixture
def brought(tmp_path: Path, content: bytes) -> Path:
    """The file under another name, as a browser may have saved it."""
    path = tmp_path / "a (1).pt"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("sized", [True, False])
def test_an_added_file_is_verified_and_used_offline(
    catalogue: Catalogue, cache_dir: Path, content: bytes, brought: Path, sized: bool
) -> None:
    known = catalogue if sized else unsized(catalogue, len(content))
    resolver = WeightResolver(cache_dir, offline=True, catalogue=known)
    assert resolver.add(brought).name == "w"
    assert resolver.resolve("w").read_bytes() == content
    assert resolver.verify("w") is CacheState.VERIFIED
    assert brought.exists()


def test_another_file_is_refused_with_the_next_step(
    catalogue: Catalogue, cache_dir: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.pt"
    other.write_bytes(b"something else")
    resolver = WeightResolver(cache_dir, offline=True, catalogue=catalogue)
    with pytest.raises(WeightUnavailableError, match="none of the catalogue's files") as caught:
        resolver.add(other)
    assert "MEETCORE_RECOGNIZER" in str(caught.value)
    with pytest.raises(WeightUnavailableError, match=r"gone\.pt could not be added"):
        resolver.add(tmp_path / "gone.pt")
    assert resolver.verify("w") is CacheState.MISSING


def test_a_weight_of_several_files_is_there_with_the_last_of_them(
    catalogue_of: Build, cache_dir: Path, tmp_path: Path, content: bytes
) -> None:
    known = catalogue_of((file_of("model.bin", content), file_of("config.json", b"{}")))
    resolver = WeightResolver(cache_dir, offline=True, catalogue=known)
    for name, data in (("model.bin", content), ("config.json", b"{}")):
        assert resolver.cached("w") is None
        (tmp_path / name).write_bytes(data)
        resolver.add(tmp_path / name)
    assert resolver.resolve("w").name == "w"


def test_a_file_put_into_the_cache_by_hand_is_hashed_and_used(
    catalogue: Catalogue, cache_dir: Path, content: bytes, brought: Path
) -> None:
    folder = cache_dir / "weights" / "w"
    folder.mkdir(parents=True)
    shutil.copyfile(brought, folder / "a.pt")
    for known in (catalogue, unsized(catalogue, len(content))):
        resolver = WeightResolver(cache_dir, offline=True, catalogue=known)
        assert resolver.cached("w") == folder / "a.pt"


def test_a_path_is_recognized_by_its_content(
    catalogue: Catalogue, cache_dir: Path, content: bytes, brought: Path, tmp_path: Path
) -> None:
    for known in (catalogue, unsized(catalogue, len(content))):
        resolver = WeightResolver(cache_dir, offline=True, catalogue=known)
        found = resolver.published(brought)
        assert found is not None and found.name == "w"
        changed = tmp_path / "changed.pt"
        changed.write_bytes(content[:-1] + b"?")
        for path in (changed, tmp_path, tmp_path / "gone"):
            assert resolver.published(path) is None


def test_a_download_of_unknown_size_reports_what_the_publisher_says(
    catalogue: Catalogue, publisher: Publisher, cache_dir: Path, content: bytes
) -> None:
    publisher.files["/a.pt"] = content
    publisher.breaking.add("/a.pt")
    resolver = WeightResolver(cache_dir, catalogue=unsized(catalogue, len(content)))
    seen: list[Progress] = []
    with pytest.raises(WeightUnavailableError, match="broke off"):
        resolver.resolve("w", seen.append)
    assert resolver.resolve("w", seen.append).read_bytes() == content
    assert {each.total_bytes for each in seen} == {len(content)}
    assert publisher.requests[1] == ("/a.pt", "bytes=160000-")
    assert resolver.verify("w") is CacheState.VERIFIED


def test_a_complete_partial_file_of_unknown_size_is_not_fetched_again(
    catalogue: Catalogue, publisher: Publisher, cache_dir: Path, content: bytes
) -> None:
    partial = cache_dir / "weights" / ".partial" / "w" / "a.pt"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(content)
    resolver = WeightResolver(cache_dir, catalogue=unsized(catalogue, len(content)))
    assert resolver.resolve("w").read_bytes() == content
    assert not publisher.requests


def test_a_raw_file_that_cannot_be_converted_is_one_sentence(
    catalogue_of: Build, cache_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "w.bin").write_bytes(b"no ggml")
    source = Source("http", {}, raw=file_of("w.bin", b"no ggml"))
    known = catalogue_of((WeightFile("w.pt", 1, "0" * 64),), source)
    resolver = WeightResolver(cache_dir, offline=True, catalogue=known)
    with pytest.raises(WeightUnavailableError, match=r"w\.bin could not be added"):
        resolver.add(tmp_path / "w.bin")
    assert resolver.cached("w") is None


def test_the_command_names_what_was_not_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MEETCORE_CACHE_DIR", str(tmp_path / "cache"))
    other = tmp_path / "other.pt"
    other.write_bytes(b"something else")
    assert main(["weights", "add", str(other)]) == 1
    seen = capsys.readouterr()
    assert "other.pt is none of the catalogue's files" in seen.err and not seen.out
