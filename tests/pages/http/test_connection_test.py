"""The connection test: a real WebRTC peer is counted and answered; everything else is refused."""

from __future__ import annotations

import asyncio
import fractions
import json
import logging
from collections.abc import Iterator
from typing import Any

import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from meetcore.settings import IceServer, Settings
from pages.diagnostics import connection_test as panel
from pages.http import connection_test
from pages.http.offers import LONGEST_OFFER
from pages.shared import process
from tests.pages.conftest import Show
from tests.pages.fake_diagnosis import FakeExaminer

APP = Starlette(
    routes=[Route(connection_test.ROUTE, connection_test.connect, methods=["POST"])],
)


class Tone(MediaStreamTrack):
    """A loud tone in frames of 20 ms, 48 kHz, in real time."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0

    async def recv(self) -> av.AudioFrame:
        await asyncio.sleep(0.02)
        times = (self.sent + np.arange(960)) / 48_000
        wave = (0.1 * 32767 * np.sqrt(2) * np.sin(2 * np.pi * 440 * times)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48_000, self.sent
        frame.time_base = fractions.Fraction(1, 48_000)
        self.sent += 960
        return frame


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(process, "settings", lambda: Settings(_env_file=None))
    monkeypatch.setattr(connection_test, "tests", {})
    yield
    assert all(test.ended for test in connection_test.tests.values())


def posted(body: bytes, address: str) -> Request:
    """A request for the route, on the loop of the test: a peer lives on the loop that made it."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", b"application/json")]
    about = {"type": "http", "method": "POST", "headers": headers, "client": (address, 1)}
    return Request(about, receive)


class Client:
    """A browser without a window."""

    def __init__(self, tab: str = "tab", sound: bool = True, address: str = "127.0.0.1") -> None:
        self.address = address
        self.tab = tab
        self.peer = RTCPeerConnection()
        if sound:
            self.peer.addTrack(Tone())
        self.channel = self.peer.createDataChannel("figures")
        self.told: list[dict[str, Any]] = []
        self.channel.on("message", lambda text: self.told.append(json.loads(text)))

    async def offer(self) -> Response:
        await self.peer.setLocalDescription(await self.peer.createOffer())
        local = self.peer.localDescription
        body = json.dumps({"sdp": local.sdp, "type": local.type, "tab": self.tab}).encode()
        response = await connection_test.connect(posted(body, self.address))
        if response.status_code == 200:
            answer = json.loads(response.body)
            await self.peer.setRemoteDescription(
                RTCSessionDescription(answer["sdp"], answer["type"])
            )
        return response

    async def hear(self, seconds: float) -> None:
        """Ping ten times a second once the channel is open."""
        async with asyncio.timeout(10):
            while self.channel.readyState != "open":
                await asyncio.sleep(0.02)
        for number in range(int(seconds * 10)):
            self.channel.send(str(number))
            await asyncio.sleep(0.1)


async def until_ended(timeout_s: float = 10.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not all(test.ended for test in connection_test.tests.values()):
            await asyncio.sleep(0.05)


def test_frames_are_counted_and_their_level_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    async def talk() -> Client:
        client = Client()
        assert (await client.offer()).status_code == 200
        await client.hear(2.0)
        await client.peer.close()
        await until_ended()
        return client

    with caplog.at_level(logging.INFO, logger="pages"):
        told = asyncio.run(talk()).told
    assert [one["ping"] for one in told] == [str(number) for number in range(len(told))]
    counts = [one["frames"] for one in told]
    assert counts == sorted(counts) and counts[-1] >= 50
    assert told[-1]["rate"] == 48_000
    # The peer sends -20 dB and makes stereo of it, which takes 3 dB off each side.
    assert told[-1]["level"] == pytest.approx(-23.0, abs=1.0)
    assert not [record for record in caplog.records if "candidate" in record.getMessage()]


def test_long_and_binary_pings_get_no_answer() -> None:
    async def talk() -> Client:
        client = Client()
        await client.offer()
        await client.hear(0.1)
        client.channel.send("x" * (connection_test.LONGEST_PING + 1))
        client.channel.send(b"1")
        client.channel.send("last")
        await asyncio.sleep(0.3)
        await client.peer.close()
        await until_ended()
        return client

    assert [one["ping"] for one in asyncio.run(talk()).told] == ["0", "last"]


def test_a_test_that_is_left_open_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_test, "LONGEST_S", 0.5)

    async def wait() -> None:
        client = Client()
        await client.offer()
        (test,) = connection_test.tests.values()
        assert not test.ended
        await until_ended()
        await client.peer.close()

    asyncio.run(wait())


def test_a_client_that_opens_many_tests_takes_nobody_elses_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection_test, "MOST_OPEN", 6)
    monkeypatch.setattr(connection_test, "MOST_OF_A_CLIENT", 2)

    async def crowd() -> tuple[list[int], list[tuple[str, str]], int]:
        clients = [Client(f"tab-{number}", address="10.0.0.1") for number in range(4)]
        clients += [Client("tab-3", address="10.0.0.2"), Client("tab-3", address="10.0.0.2")]
        codes = [(await client.offer()).status_code for client in clients]
        open_ones = list(connection_test.tests)
        others = [Client(address=f"10.0.1.{number}") for number in range(4)]
        last = [(await client.offer()).status_code for client in others][-1]
        for client in (*clients, *others):
            await client.peer.close()
        for test in connection_test.tests.values():
            await test.close()
        return codes, open_ones, last

    codes, open_ones, last = asyncio.run(crowd())
    assert codes == [200] * 6
    one, two = "10.0.0.1", "10.0.0.2"
    assert open_ones == [(one, "tab-2"), (one, "tab-3"), (two, "tab-3")]
    assert last == 429, "the whole number is bounded all the same"


def test_an_offer_without_sound_is_refused() -> None:
    async def silent() -> int:
        client = Client(sound=False)
        response = await client.offer()
        await client.peer.close()
        return response.status_code

    assert asyncio.run(silent()) == 400
    assert not connection_test.tests


@pytest.mark.parametrize(
    "body, code",
    [
        (b"{}", 400),
        (b"[]", 400),
        (b"no json", 400),
        (b'{"sdp": "nonsense", "type": "offer", "tab": "t"}', 400),
        (b" " * (LONGEST_OFFER + 1), 413),
    ],
)
def test_broken_offers_are_refused(body: bytes, code: int) -> None:
    headers = {"content-type": "application/json"}
    answer = TestClient(APP).post("/loopback", content=body, headers=headers)
    assert answer.status_code == code and "Traceback" not in answer.text
    assert not connection_test.tests


def test_a_page_of_another_origin_cannot_send_an_offer() -> None:
    assert TestClient(APP).post("/loopback", content="{}").status_code == 415


def test_the_panel_asks_the_same_servers_as_the_app(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = IceServer(urls="turn:turn.example.org", username="u", credential="c")
    settings = Settings(_env_file=None, ice_servers=(server,))
    monkeypatch.setattr(panel.process, "settings", lambda: settings)
    monkeypatch.setattr(panel.process, "examiner", FakeExaminer)
    data = show("diagnostics/page.py").data(panel.KEY)
    assert data["iceServers"] == [server.model_dump()]
    assert data["address"] == connection_test.ROUTE and data["tab"]
    assert "below" not in data["faults"]["no-webrtc"]
