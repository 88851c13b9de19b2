"""A local HTTP server with weights, and catalogues that name it as a source."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from meetcore.weights.catalogue import Catalogue, Source, SourcePart, Weight, WeightFile


@dataclass
class Publisher:
    """Serves `files`; for those named in `breaking` the connection is closed half-way, once."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    breaking: set[str] = field(default_factory=set)
    requests: list[tuple[str, str]] = field(default_factory=list)
    """Path and Range header of every request."""


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A running HTTP server that supports Range."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            served.requests.append((self.path, asked))
            content = served.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
            rest = content[start:]
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            if self.path in served.breaking:
                served.breaking.discard(self.path)
                rest = rest[: len(rest) // 2]
            self.wfile.write(rest)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Publisher(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield served
    server.shutdown()
    server.server_close()
    thread.join(5)


def file_of(name: str, content: bytes) -> WeightFile:
    """A catalogue's entry for some content."""
    return WeightFile(name, len(content), hashlib.sha256(content).hexdigest())


def url_source(url: str, *names: str) -> Source:
    """A source that has each file under its name."""
    return Source("http", {name: (SourcePart(f"{url}/{name}"),) for name in names})


@pytest.fixture
def catalogue_of() -> Callable[..., Catalogue]:
    """Builds a catalogue of one weight "w" with these files and sources."""

    def build(files: tuple[WeightFile, ...], *sources: Source) -> Catalogue:
        weight = Weight("w", "recognizer", "openai", "MIT", "a weight", files, sources)
        return Catalogue({"w": weight}, ("w",), "w")

    return build


@pytest.fixture
def content() -> bytes:
    """Some 300 kB without repetition."""
    return b"".join(hashlib.sha256(str(index).encode()).digest() for index in range(10_000))


@pytest.fixture
def cache_dir(tmp_path: Path) -> Path:
    """An empty cache."""
    return tmp_path / "cache"
