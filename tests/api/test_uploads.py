"""The route that takes files in: to the disk and the queue, from our page only, or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from meetcore.api import uploads
from meetcore.records import JobOptions
from tests.pages.fake_backend import FakeService

ADDRESS = "/uploads/" + "ab" * 16


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeService:
    service = FakeService(folder=tmp_path)
    return service


@pytest.fixture
def client(service: FakeService) -> TestClient:
    return TestClient(Starlette(routes=uploads.routes(lambda: service)))


def headers(name: str = "talk.mp4", **options: object) -> dict[str, str]:
    said = quote(json.dumps({"name": name, "options": options}))
    return {"content-type": "application/octet-stream", uploads.HEADER: said}


def test_a_file_becomes_a_job_with_its_options(client: TestClient, service: FakeService) -> None:
    body = bytes(range(256)) * 20_000
    answer = client.post(ADDRESS, content=body, headers=headers(n_speakers=2, prompt="Ada"))
    assert answer.status_code == 200
    expected = ("import_file", body, "talk.mp4", JobOptions(n_speakers=2, prompt="Ada"))
    assert service.calls == [expected]
    assert list(service.uploads_dir.iterdir()) == []
    again = client.post(ADDRESS, content=body, headers=headers())
    assert again.json() == answer.json() == client.get(ADDRESS).json()
    assert len(service.calls) == 1, "an upload that is sent again counts once"


@pytest.mark.parametrize("missing", ["content-type", uploads.HEADER])
def test_other_pages_cannot_send(client: TestClient, service: FakeService, missing: str) -> None:
    sent = {name: value for name, value in headers().items() if name != missing}
    answer = client.post(ADDRESS, content=b"x", headers=sent)
    assert answer.status_code == 415 and not service.calls
    asked = client.options(ADDRESS, headers={"origin": "http://elsewhere.example"})
    assert "access-control-allow-origin" not in asked.headers


@pytest.mark.parametrize(
    "name, kept",
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\talks\\board.wav", "board.wav"),
        ("a\x00b\n.mp3", "ab.mp3"),
        ("...", "Recording"),
        ("\u202egpj.exe", "gpj.exe"),
    ],
)
def test_a_path_in_the_name_is_harmless(
    client: TestClient, service: FakeService, name: str, kept: str
) -> None:
    client.post(ADDRESS, content=b"x", headers=headers(name))
    assert service.calls[0][2] == kept


def test_nothing_and_nonsense_are_refused_in_a_sentence(
    client: TestClient, service: FakeService
) -> None:
    empty = client.post(ADDRESS, content=b"", headers=headers())
    assert empty.status_code == 422 and "empty" in empty.json()["trouble"]
    wrong = client.post(ADDRESS, content=b"x", headers=headers(n_speakers=0))
    assert wrong.status_code == 422 and "reload" in wrong.json()["trouble"]
    assert client.post("/uploads/..", content=b"x", headers=headers()).status_code == 404
    assert not service.calls and list(service.uploads_dir.iterdir()) == []


def test_too_large_or_no_space_is_said_before_a_byte_is_sent(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = client.get(ADDRESS, params={"bytes": str(uploads.LARGEST_BYTES + 1)})
    assert large.status_code == 413 and "too large" in large.json()["trouble"]
    full = SimpleNamespace(free=10**9)
    monkeypatch.setattr(uploads.shutil, "disk_usage", lambda path: full)
    answer = client.get(ADDRESS, params={"bytes": str(10**9)})
    assert answer.status_code == 507 and "no space left" in answer.json()["trouble"]
    assert client.get(ADDRESS, params={"bytes": "1000"}).status_code == 200


def test_an_upload_that_breaks_off_leaves_nothing(client: TestClient, service: FakeService) -> None:
    def short() -> Iterator[bytes]:
        yield b"half"

    sent = headers() | {"content-length": "1000"}
    answer = client.post(ADDRESS, content=short(), headers=sent)
    assert answer.status_code == 400 and "connection was lost" in answer.json()["trouble"]
    assert not service.calls and list(service.uploads_dir.iterdir()) == []


def test_what_an_earlier_server_left_is_swept(client: TestClient, service: FakeService) -> None:
    import os

    stale, fresh = (service.uploads_dir / f"{name}.part" for name in ("old", "new"))
    stale.write_bytes(b"x")
    fresh.write_bytes(b"x")
    os.utime(stale, (0, 0))
    client.post(ADDRESS, content=b"x", headers=headers())
    assert fresh.exists() and not stale.exists()
