"""Audio that is lost on the way is silence in the recording; pauses and new connections are not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.rtcrtpreceiver import RTCRtpReceiver

from meetcore.audio.recording import RecordingReader, RecordingWriter
from meetcore.live.intake import Intake
from meetcore.models.error_counter import ErrorCounter
from meetcore.records import SAMPLE_RATE
from meetcore.settings import Settings
from pages.http import microphone
from tests.loopback.test_audio_sink import SampleTrack

PREFETCH_S = 0.1
"""aiortc keeps four frames until later ones come."""


class Network:
    """Drops RTP packets while `lossy` is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lossy = False
        handle = RTCRtpReceiver._handle_rtp_packet

        async def lossy(receiver: Any, packet: Any, arrival_time_ms: int) -> None:
            if not self.lossy:
                await handle(receiver, packet, arrival_time_ms)

        monkeypatch.setattr(RTCRtpReceiver, "_handle_rtp_packet", lossy)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    thread = threading.Thread(target=made.run_forever, name="aiortc-loop", daemon=True)
    thread.start()
    yield made
    made.call_soon_threadsafe(made.stop)
    thread.join(5)
    made.close()


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    made = Intake("m", lambda: RecordingWriter(tmp_path, fsync_s=1.0), lambda: None, ErrorCounter())
    made.start()
    yield made
    made.stop()


async def send(
    loop: asyncio.AbstractEventLoop, intake: Intake, steps: dict[float, Callable[[], None]]
) -> SampleTrack:
    """Send as a browser does, and do each step when so many seconds are sent."""
    peer, track = RTCPeerConnection(), SampleTrack()
    peer.addTrack(track)
    await peer.setLocalDescription(await peer.createOffer())
    offer = peer.localDescription
    settings = Settings(_env_file=None)
    worker = await asyncio.to_thread(microphone.make_worker, settings, intake, "tab", loop)
    answer = await asyncio.to_thread(worker.process_offer, offer.sdp, offer.type, 10)
    await peer.setRemoteDescription(RTCSessionDescription(answer.sdp, answer.type))
    for seconds, step in steps.items():
        while track.sent < seconds * 48_000:
            await asyncio.sleep(0.01)
        step()
    await asyncio.sleep(0.3)
    await peer.close()
    await worker.pc.close()
    return track


def recorded_s(intake: Intake, tmp_path: Path) -> float:
    intake.stop()
    return RecordingReader(tmp_path).n_samples / SAMPLE_RATE


def run(loop: asyncio.AbstractEventLoop, *arguments: Any) -> SampleTrack:
    return asyncio.run_coroutine_threadsafe(send(loop, *arguments), loop).result(40)


@pytest.mark.parametrize("lost", [0.1, 1.0, 3.0])
def test_lost_packets_become_silence(
    loop: asyncio.AbstractEventLoop,
    intake: Intake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lost: float,
) -> None:
    network = Network(monkeypatch)
    steps = {
        1.5: lambda: setattr(network, "lossy", True),
        1.5 + lost: lambda: setattr(network, "lossy", False),
        3.5 + lost: lambda: None,
    }
    track = run(loop, intake, steps)
    sent = track.sent / 48_000
    assert recorded_s(intake, tmp_path) == pytest.approx(sent, abs=0.4 + PREFETCH_S)
    quiet = np.abs(RecordingReader(tmp_path).read_pcm()) == 0
    edges = np.flatnonzero(np.diff(np.r_[0, quiet, 0]))
    longest = np.diff(edges)[::2].max() / SAMPLE_RATE
    assert longest == pytest.approx(lost, abs=0.35)


def test_a_pause_is_not_taken_for_lost_audio(
    loop: asyncio.AbstractEventLoop, intake: Intake, tmp_path: Path
) -> None:
    run(loop, intake, {1.5: intake.pause, 3.5: intake.resume, 5.0: lambda: None})
    assert recorded_s(intake, tmp_path) == pytest.approx(3.0, abs=0.5)


def test_a_new_connection_of_the_tab_begins_anew(
    loop: asyncio.AbstractEventLoop, intake: Intake, tmp_path: Path
) -> None:
    total = 0.0
    for seconds in (2.0, 1.5):
        total += run(loop, intake, {seconds: lambda: None}).sent / 48_000
    assert recorded_s(intake, tmp_path) == pytest.approx(total, abs=2 * (0.4 + PREFETCH_S))
