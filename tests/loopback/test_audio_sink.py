"""A real WebRTC peer sends real audio through streamlit-webrtc's sink to a frame consumer."""

from __future__ import annotations

import asyncio
import fractions
import importlib.util
import itertools
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from meetcore.audio.frames import FrameConverter
from meetcore.settings import Settings
from pages.http import microphone
from pages.shared import process

SECONDS = 3.0


def sample_path() -> Path:
    """pyannote's sample conversation, found without importing pyannote.audio."""
    spec = importlib.util.find_spec("pyannote")
    assert spec is not None and spec.submodule_search_locations is not None
    (place, *_) = spec.submodule_search_locations
    return Path(place) / "audio" / "sample" / "sample.wav"


@dataclass
class Consumer:
    """Takes frames from the sink as a running meeting does."""

    frames: list[av.AudioFrame] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)
    threads: set[str] = field(default_factory=set)

    def offer(self, frame: av.AudioFrame, source: str, connection: int = 0) -> None:
        self.frames.append(frame)
        self.sources.add(source)
        self.threads.add(threading.current_thread().name)


class SampleTrack(MediaStreamTrack):
    """The sample as a browser sends it: 20 ms frames, 48 kHz, in real time."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        with av.open(str(sample_path())) as container:
            resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
            pieces = [
                out.to_ndarray()[0]
                for frame in container.decode(audio=0)
                for out in resampler.resample(frame)
            ]
        # The conversation begins after six silent seconds.
        self.samples = np.concatenate(pieces)[6 * 48_000 :]
        self.sent = 0
        self.began: float | None = None

    async def recv(self) -> av.AudioFrame:
        loop = asyncio.get_running_loop()
        self.began = self.began or loop.time()
        await asyncio.sleep(max(0.0, self.began + self.sent / 48_000 - loop.time()))
        piece = self.samples[self.sent : self.sent + 960]
        frame = av.AudioFrame.from_ndarray(piece[None], format="s16", layout="mono")
        frame.sample_rate = 48_000
        frame.pts = self.sent
        frame.time_base = fractions.Fraction(1, 48_000)
        self.sent += 960
        return frame


@pytest.fixture
def received_audio() -> tuple[Consumer, SampleTrack]:
    """Three seconds of the sample, sent by a peer and received by a consumer."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="aiortc-loop", daemon=True)
    thread.start()
    consumer = Consumer()
    try:
        track = asyncio.run_coroutine_threadsafe(conversation(loop, consumer), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
    return consumer, track


async def conversation(loop: asyncio.AbstractEventLoop, consumer: Consumer) -> SampleTrack:
    """Connect a peer to a worker as the Live page makes it, send, and hang up."""
    peer, track = RTCPeerConnection(), SampleTrack()
    peer.addTrack(track)
    await peer.setLocalDescription(await peer.createOffer())
    offer = peer.localDescription
    settings = Settings(_env_file=None)
    worker = await asyncio.to_thread(microphone.make_worker, settings, consumer, "tab", loop)
    answer = await asyncio.to_thread(worker.process_offer, offer.sdp, offer.type, 10)
    await peer.setRemoteDescription(RTCSessionDescription(answer.sdp, answer.type))
    while track.sent < SECONDS * 48_000:
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)
    await peer.close()
    await worker.pc.close()
    return track


def test_every_frame_arrives_in_order_and_sounds_as_sent(
    received_audio: tuple[Consumer, SampleTrack],
) -> None:
    consumer, track = received_audio
    assert consumer.sources == {"tab"}
    assert consumer.threads == {"aiortc-loop"}
    times = [frame.pts for frame in consumer.frames]
    steps = {later - earlier for earlier, later in itertools.pairwise(times)}
    assert steps == {960}, "a frame is missing, doubled or out of order"
    # Opus begins a few frames after the first packet at most.
    assert len(consumer.frames) * 0.02 >= SECONDS - 0.2
    assert correlation(received(consumer), sent(track)) > 0.9


def received(consumer: Consumer) -> np.ndarray:
    """What the recorder makes of the frames: mono 16 kHz."""
    converter = FrameConverter()
    pieces = [converter.convert(frame) for frame in consumer.frames]
    return np.concatenate([*pieces, converter.flush()]).astype(np.float64)


def sent(track: SampleTrack) -> np.ndarray:
    """What was sent, resampled to mono 16 kHz independently."""
    frame = av.AudioFrame.from_ndarray(
        track.samples[None, : track.sent], format="s16", layout="mono"
    )
    frame.sample_rate = 48_000
    resampler = av.AudioResampler(format="flt", layout="mono", rate=16_000)
    return np.concatenate([out.to_ndarray()[0] for out in resampler.resample(frame)])


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Highest normalised cross-correlation over all shifts."""
    size = 1 << (len(one) + len(other)).bit_length()
    product = np.fft.irfft(np.fft.rfft(one, size) * np.conj(np.fft.rfft(other, size)), size)
    return float(product.max() / (np.linalg.norm(one) * np.linalg.norm(other)))


def client(live: Consumer | None, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A client of the signalling route, with one running meeting or none."""
    service = SimpleNamespace(live=lambda meeting_id: live)
    monkeypatch.setattr(process, "service", lambda: service)
    monkeypatch.setattr(process, "settings", lambda: Settings(_env_file=None))
    route = Route(microphone.ROUTE, microphone.connect, methods=["POST"])
    return TestClient(Starlette(routes=[route]))


def test_an_offer_for_a_meeting_that_ended_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = client(None, monkeypatch).post("/microphone/m1", json={})
    assert answer.status_code == 404


def test_a_page_of_another_origin_cannot_send_an_offer(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = client(Consumer(), monkeypatch).post("/microphone/m1", content="{}")
    assert answer.status_code == 415


@pytest.mark.parametrize("offer", [{}, [], {"sdp": "nonsense", "type": "offer", "tab": "t"}])
def test_a_broken_offer_is_refused(monkeypatch: pytest.MonkeyPatch, offer: object) -> None:
    answer = client(Consumer(), monkeypatch).post("/microphone/m1", json=offer)
    assert answer.status_code == 400
    assert "Traceback" not in answer.text
