"""The route that takes files in: to the disk and the queue, from our page only, or not at all."""

from __future__ import annotations

import io
import json
import os
import time
import wave
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from meetcore.api import upload_requests, uploads
from meetcore.records import JobOptions
from meetcore.service import disk_space
from meetcore.service import uploads as upload_folder
from tests.pages.fake_backend import FakeService

ADDRESS = "/uploads/" + "ab" * 16
HEADER = upload_requests.HEADER


@pytest.fixture
def service(tmp_path: Path) -> FakeService:
    return FakeService(folder=tmp_path)


@pytest.fixture
def client(service: FakeService) -> TestClient:
    return TestClient(Starlette(routes=uploads.routes(lambda: service)))


@pytest.fixture
def low_disk(service: FakeService, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The free bytes of the disk, which a test changes; 1000 more than is kept at first."""
    free = [disk_space.KEPT_BYTES + 1000]
    monkeypatch.setattr(service.uploads.space, "_free_bytes", lambda folder: free[0])
    return free


def headers(name: str = "talk.mp4", modified: object = None, **options: object) -> dict[str, str]:
    said = quote(json.dumps({"name": name, "modified": modified, "options": options}))
    return {"content-type": "application/octet-stream", HEADER: said}


def sound(seconds: float = 1.0) -> bytes:
    """A WAV file of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(16_000)
        wav.writeframes(bytes(round(seconds * 32_000)))
    return file.getvalue()


def left(service: FakeService) -> list[str]:
    """Names of the files that wait for the rest of their bytes."""
    return [path.name for path in service.uploads.folder.iterdir()]


def test_a_file_becomes_a_job_with_its_options(client: TestClient, service: FakeService) -> None:
    body = sound(100.0)
    answer = client.post(ADDRESS, content=body, headers=headers(n_speakers=2, prompt="Ada"))
    assert answer.status_code == 200
    expected = ("import_file", body, "talk.mp4", JobOptions(n_speakers=2, prompt="Ada"))
    assert service.calls == [expected]
    assert left(service) == []
    again = client.post(ADDRESS, content=body, headers=headers())
    assert (
        again.json()["meeting"] == answer.json()["meeting"] == client.get(ADDRESS).json()["meeting"]
    )
    assert len(service.calls) == 1, "an upload that is sent again counts once"


@pytest.mark.parametrize("missing", ["content-type", HEADER])
def test_other_pages_cannot_send(client: TestClient, service: FakeService, missing: str) -> None:
    sent = {name: value for name, value in headers().items() if name != missing}
    answer = client.post(ADDRESS, content=b"x", headers=sent)
    assert answer.status_code == 415 and not service.calls
    asked = client.options(ADDRESS, headers={"origin": "http://elsewhere.example"})
    assert "access-control-allow-origin" not in asked.headers
    assert client.delete(ADDRESS).status_code == 415


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
    client.post(ADDRESS, content=sound(), headers=headers(name))
    assert service.calls[0][2] == kept


def test_nothing_and_nonsense_are_refused_in_a_sentence(
    client: TestClient, service: FakeService
) -> None:
    empty = client.post(ADDRESS, content=b"", headers=headers())
    assert empty.status_code == 422 and "empty" in empty.json()["trouble"]
    wrong = client.post(ADDRESS, content=b"x", headers=headers(n_speakers=0))
    assert wrong.status_code == 422 and "reload" in wrong.json()["trouble"]
    assert client.post("/uploads/..", content=b"x", headers=headers()).status_code == 404
    for place in ("-1", "x", "1e3"):
        answer = client.post(f"{ADDRESS}?from={place}", content=b"x", headers=headers())
        assert answer.status_code == 400
    ahead = client.post(f"{ADDRESS}?from=5", content=b"x", headers=headers())
    assert ahead.status_code == 409 and "send it again" in ahead.json()["trouble"]
    assert not service.calls and left(service) == []


@pytest.mark.parametrize(
    "body", [b"neither sound nor pictures " * 300, b"PK\x03\x04" + bytes(100), sound()[:20]]
)
def test_a_file_that_cannot_be_read_is_refused_at_once_and_nothing_is_kept(
    client: TestClient, service: FakeService, body: bytes
) -> None:
    began = time.monotonic()
    answer = client.post(ADDRESS, content=body, headers=headers("notes.mp3"))
    assert time.monotonic() - began < 10, "2 s on a machine with nothing else to do"
    assert answer.status_code == 422 and answer.json()["trouble"].startswith("notes.mp3 ")
    assert "try again. Try again" not in answer.json()["trouble"]
    assert not service.calls and left(service) == []


def test_a_file_that_is_too_long_is_refused_at_once(
    client: TestClient, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.uploads, "_longest_s", 1800.0)
    answer = client.post(ADDRESS, content=sound(1801.0), headers=headers("bomb.wav"))
    assert answer.status_code == 422 and "longer than 0.5 hours" in answer.json()["trouble"]
    assert not service.calls and left(service) == []


def test_too_large_or_no_space_is_said_before_a_byte_is_sent(
    client: TestClient, low_disk: list[int]
) -> None:
    large = client.get(ADDRESS, params={"bytes": str(upload_requests.LARGEST_BYTES + 1)})
    assert large.status_code == 413 and "too large" in large.json()["trouble"]
    answer = client.get(ADDRESS, params={"bytes": "1001"})
    assert answer.status_code == 507 and "no space left" in answer.json()["trouble"]
    assert answer.json()["rule"] == "disk-space"
    assert client.get(ADDRESS, params={"bytes": "1000"}).status_code == 200


def test_space_that_another_upload_will_fill_is_not_given_twice(
    client: TestClient, service: FakeService, low_disk: list[int]
) -> None:
    with service.uploads.space.reserved(600):
        refused = client.post(ADDRESS, content=bytes(600), headers=headers())
        assert refused.status_code == 507 and "other uploads" in refused.json()["trouble"]
    assert left(service) == []


def test_an_upload_stops_when_the_disk_fills_and_goes_on_where_it_stopped(
    client: TestClient,
    service: FakeService,
    low_disk: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(uploads, "WRITE_BYTES", 100)
    low_disk[0] += 10**7
    body = sound(0.03)

    def pieces() -> Iterator[bytes]:
        yield body[:300]
        low_disk[0] = disk_space.KEPT_BYTES - 1
        yield body[300:]

    sent = headers() | {"content-length": str(len(body))}
    stopped = client.post(ADDRESS, content=pieces(), headers=sent)
    assert stopped.status_code == 507 and "goes on where it stopped" in stopped.json()["trouble"]
    assert stopped.json()["rule"] == "disk-space"
    low_disk[0] = disk_space.KEPT_BYTES + 10**7
    received = client.get(ADDRESS, params={"bytes": str(len(body))}).json()["received"]
    assert 300 <= received <= len(body)
    rest = client.post(f"{ADDRESS}?from={received}", content=body[received:], headers=headers())
    assert rest.status_code == 200 and service.calls[0][1] == body


def test_a_disk_that_refuses_a_write_stops_the_upload_alone(
    client: TestClient, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(part: Path, first: int) -> object:
        file = part.open("wb")
        monkeypatch.setattr("os.name", os.name)
        return FullFile(file)

    monkeypatch.setattr(uploads, "opened", full)
    answer = client.post(ADDRESS, content=sound(), headers=headers())
    assert answer.status_code == 507 and "where it stopped" in answer.json()["trouble"]
    assert answer.json()["rule"] == "disk-space" and not service.calls


class FullFile:
    """A file on a disk without space."""

    def __init__(self, file: object) -> None:
        self._file = file

    def write(self, data: bytes) -> int:
        raise OSError(28, os.strerror(28))

    def close(self) -> None:
        self._file.close()  # type: ignore[attr-defined]


def test_an_upload_that_breaks_off_goes_on_later(client: TestClient, service: FakeService) -> None:
    body = sound()

    def short() -> Iterator[bytes]:
        yield body[:1000]

    sent = headers() | {"content-length": str(len(body))}
    answer = client.post(ADDRESS, content=short(), headers=sent)
    assert answer.status_code == 408 and "connection was lost" in answer.json()["trouble"]
    assert not service.calls
    assert client.get(ADDRESS, params={"bytes": str(len(body))}).json()["received"] == 1000
    client.post(f"{ADDRESS}?from=1000", content=body[1000:], headers=headers())
    assert service.calls[0][1] == body and left(service) == []


def test_a_cancelled_upload_leaves_nothing(client: TestClient, service: FakeService) -> None:
    part = service.uploads.part("ab" * 16)
    part.write_bytes(b"x")
    assert client.delete(ADDRESS, headers={HEADER: "1"}).status_code == 200
    assert left(service) == []


def test_more_than_announced_leaves_nothing(client: TestClient, service: FakeService) -> None:
    def long() -> Iterator[bytes]:
        yield sound()

    answer = client.post(ADDRESS, content=long(), headers=headers() | {"content-length": "10"})
    assert answer.status_code == 400 and left(service) == []


def test_what_an_earlier_server_left_is_swept_after_a_day(
    client: TestClient, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = [service.uploads.folder / name for name in ("old.part", "staged.wav", "whole")]
    for path in old:
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
    client.post(ADDRESS, content=sound(), headers=headers())
    assert len(left(service)) == 3, "a link to an old file was made a moment ago"
    later = time.time() + upload_folder.STALE_S + 60
    monkeypatch.setattr(upload_folder.time, "time", lambda: later)
    service.uploads.sweep()
    assert left(service) == []


@pytest.mark.parametrize("modified", [1_700_000_000_000, None, -1, 1e300, 4e12])
def test_a_file_keeps_its_date(client: TestClient, service: FakeService, modified: object) -> None:
    before = datetime.now(UTC)
    answer = client.post(ADDRESS, content=sound(), headers=headers(modified=modified))
    created = service.store.get(answer.json()["meeting"]).created_at
    if modified == 1_700_000_000_000:
        assert created == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    else:
        assert before <= created <= datetime.now(UTC)


def test_few_answers_are_remembered(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "KEPT_ANSWERS", 2)
    addresses = [f"/uploads/{number:032x}" for number in range(3)]
    for address in addresses:
        client.post(address, content=sound(0.1), headers=headers())
    asked = [client.get(address, params={"bytes": "9"}).json()["meeting"] for address in addresses]
    assert asked[0] is None and None not in asked[1:]
