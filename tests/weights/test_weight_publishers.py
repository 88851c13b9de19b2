"""Fetching over HTTP: success, broken transfers, wrong bytes, and hosts that do not answer."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from meetcore.errors import WeightUnavailableError
from meetcore.weights.catalogue import Catalogue
from meetcore.weights.progress import Progress
from meetcore.weights.resolver import CacheState, WeightResolver
from tests.weights.conftest import Publisher, file_of, url_source

Build = Callable[..., Catalogue]


def test_a_weight_arrives_verified_with_progress(
    publisher: Publisher, catalogue_of: Build, cache_dir: Path, content: bytes
) -> None:
    publisher.files["/a.pt"] = content
    catalogue = catalogue_of((file_of("a.pt", content),), url_source(publisher.url, "a.pt"))
    seen: list[Progress] = []
    path = WeightResolver(cache_dir, catalogue=catalogue).resolve("w", seen.append)
    assert path.read_bytes() == content
    assert path.name == "a.pt"
    assert (seen[-1].name, seen[-1].done_bytes, seen[-1].total_bytes) == ("w", 320_000, 320_000)
    again = WeightResolver(cache_dir, offline=True, catalogue=catalogue)
    assert again.resolve("w") == path == again.cached("w")
    assert len(publisher.requests) == 1


def test_a_weight_of_several_files_is_a_folder(
    publisher: Publisher, catalogue_of: Build, cache_dir: Path, content: bytes
) -> None:
    publisher.files |= {"/model.bin": content, "/config.json": b"{}"}
    files = (file_of("model.bin", content), file_of("config.json", b"{}"))
    catalogue = catalogue_of(files, url_source(publisher.url, "model.bin", "config.json"))
    path = WeightResolver(cache_dir, catalogue=catalogue).resolve("w")
    assert {file.name for file in path.iterdir()} == {"model.bin", "config.json"}


def test_a_partial_download_is_resumed(
    publisher: Publisher, catalogue_of: Build, cache_dir: Path, content: bytes
) -> None:
    publisher.files["/a.pt"] = content
    publisher.breaking.add("/a.pt")
    catalogue = catalogue_of((file_of("a.pt", content),), url_source(publisher.url, "a.pt"))
    with pytest.raises(WeightUnavailableError, match="broke off"):
        WeightResolver(cache_dir, catalogue=catalogue).resolve("w")
    path = WeightResolver(cache_dir, catalogue=catalogue).resolve("w")
    assert path.read_bytes() == content
    assert publisher.requests[1] == ("/a.pt", "bytes=160000-")


def test_a_partial_download_of_another_file_is_discarded(
    publisher: Publisher, catalogue_of: Build, cache_dir: Path, content: bytes
) -> None:
    publisher.files["/a.pt"] = content
    catalogue = catalogue_of((file_of("a.pt", content),), url_source(publisher.url, "a.pt"))
    half = cache_dir / "weights" / ".partial" / "w" / "a.pt"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"something else")
    assert WeightResolver(cache_dir, catalogue=catalogue).resolve("w").read_bytes() == content
    assert [asked for _, asked in publisher.requests] == ["bytes=14-", ""]


def test_wrong_bytes_never_reach_the_cache_and_the_next_source_is_tried(
    publisher: Publisher, catalogue_of: Build, cache_dir: Path, content: bytes
) -> None:
    publisher.files |= {"/bad/a.pt": content[::-1], "/good/a.pt": content}
    sources = [url_source(f"{publisher.url}/{place}", "a.pt") for place in ("bad", "good")]
    catalogue = catalogue_of((file_of("a.pt", content),), *sources)
    assert WeightResolver(cache_dir, catalogue=catalogue).resolve("w").read_bytes() == content
    only_bad = catalogue_of((file_of("a.pt", content),), sources[0])
    empty = cache_dir.with_name("empty")
    with pytest.raises(WeightUnavailableError, match="another checksum"):
        WeightResolver(empty, catalogue=only_bad).resolve("w")
    assert not [path for path in empty.rglob("a.pt") if path.is_file()]


def test_the_error_names_every_source_its_reason_and_the_next_step(
    publisher: Publisher, catalogue_of: Build, cache_dir: Path, content: bytes
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{closed.getsockname()[1]}"
    sources = (url_source(dead, "a.pt"), url_source(publisher.url, "a.pt"))
    catalogue = catalogue_of((file_of("a.pt", content),), *sources)
    with pytest.raises(WeightUnavailableError) as caught:
        WeightResolver(cache_dir, catalogue=catalogue).resolve("w")
    text = str(caught.value)
    assert f"1. {dead}/a.pt" in text and "cannot be reached" in text
    assert f"2. {publisher.url}/a.pt: answered 404" in text
    assert "python -m meetcore weights pull w" in text


def test_a_host_that_does_not_answer_is_tried_once(
    catalogue_of: Build, cache_dir: Path, content: bytes
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        source = url_source(f"http://127.0.0.1:{mute.getsockname()[1]}", "a.pt")
        catalogue = catalogue_of((file_of("a.pt", content),), source)
        resolver = WeightResolver(cache_dir, catalogue=catalogue, connect_timeout_s=0.5)
        for least, most in ((0.4, 3.0), (0.0, 0.45)):
            began = time.monotonic()
            with pytest.raises(WeightUnavailableError, match="cannot be reached"):
                resolver.resolve("w")
            assert least <= time.monotonic() - began < most


def test_offline_makes_no_request(
    publisher: Publisher, catalogue_of: Build, cache_dir: Path, content: bytes
) -> None:
    publisher.files["/a.pt"] = content
    catalogue = catalogue_of((file_of("a.pt", content),), url_source(publisher.url, "a.pt"))
    with pytest.raises(WeightUnavailableError, match="MEETCORE_OFFLINE"):
        WeightResolver(cache_dir, offline=True, catalogue=catalogue).resolve("w")
    assert not publisher.requests


def test_a_path_is_taken_as_it_is(catalogue_of: Build, cache_dir: Path, tmp_path: Path) -> None:
    resolver = WeightResolver(cache_dir, offline=True, catalogue=catalogue_of(()))
    own = tmp_path / "my.pt"
    own.touch()
    assert resolver.resolve(str(own)) == own
    with pytest.raises(WeightUnavailableError, match="neither a file nor a known weight"):
        resolver.resolve(str(tmp_path / "other.pt"))


def test_a_changed_file_is_noticed_and_replaced(
    publisher: Publisher, catalogue_of: Build, cache_dir: Path, content: bytes
) -> None:
    publisher.files["/a.pt"] = content
    catalogue = catalogue_of((file_of("a.pt", content),), url_source(publisher.url, "a.pt"))
    resolver = WeightResolver(cache_dir, catalogue=catalogue)
    assert resolver.verify("w") is CacheState.MISSING
    path = resolver.resolve("w")
    assert resolver.verify("w") is CacheState.VERIFIED
    path.write_bytes(content[:-1])
    assert resolver.cached("w") is None
    assert resolver.verify("w") is CacheState.CORRUPT
    assert resolver.resolve("w").read_bytes() == content


def test_a_lost_stamp_is_made_again_without_fetching(
    publisher: Publisher, catalogue_of: Build, cache_dir: Path, content: bytes
) -> None:
    publisher.files["/a.pt"] = content
    catalogue = catalogue_of((file_of("a.pt", content),), url_source(publisher.url, "a.pt"))
    resolver = WeightResolver(cache_dir, catalogue=catalogue)
    path = resolver.resolve("w")
    stamp = cache_dir / "weights" / "w.json"
    stamp.write_text("{ broken", encoding="utf-8")
    assert resolver.resolve("w") == path
    assert json.loads(stamp.read_text(encoding="utf-8"))["a.pt"]["size"] == len(content)
    assert len(publisher.requests) == 1


def test_two_processes_at_once_fetch_once(
    publisher: Publisher, cache_dir: Path, content: bytes, tmp_path: Path
) -> None:
    publisher.files["/a.pt"] = content
    file = file_of("a.pt", content)
    listing = tmp_path / "catalogue.toml"
    listing.write_text(
        f"""
        default = ["w"]
        embedding = "w"
        [[weights]]
        name = "w"
        role = "recognizer"
        format = "openai"
        licence = "MIT"
        summary = "a weight"
        files = [{{ name = "a.pt", bytes = {file.size}, sha256 = "{file.sha256}" }}]
        sources = [{{ kind = "http", files = {{ "a.pt" = "{publisher.url}/a.pt" }} }}]
        """,
        encoding="utf-8",
    )
    script = (
        "import sys; from pathlib import Path\n"
        "from meetcore.weights.catalogue import load_catalogue\n"
        "from meetcore.weights.resolver import WeightResolver\n"
        "catalogue = load_catalogue(Path(sys.argv[1]))\n"
        "print(WeightResolver(Path(sys.argv[2]), catalogue=catalogue).resolve('w'))\n"
    )
    command = [sys.executable, "-c", script, str(listing), str(cache_dir)]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers = {child.communicate(timeout=60)[0].strip() for child in children}
    assert answers == {str(cache_dir / "weights" / "w" / "a.pt")}
    assert [child.returncode for child in children] == [0, 0, 0]
    assert len(publisher.requests) == 1
