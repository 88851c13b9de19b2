"""Makes media files of any container, channels and tracks, with speech at known places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.stream import Disposition
from scipy.signal import resample_poly

from meetcore.audio.pcm import to_samples
from meetcore.records import SAMPLE_RATE, Samples

Planar = npt.NDArray[np.float32]
VOICE_START_S = 0.3
"""Where `speech` begins to be heard; silence lies before it."""
CODECS = {
    "mkv": "pcm_s16le",
    "webm": "libopus",
    "mp4": "aac",
    "m4a": "aac",
    "mov": "pcm_s16le",
    "ts": "mp2",
    "ogg": "libopus",
    "wav": "pcm_s16le",
    "w64": "pcm_s16le",
    "caf": "pcm_s16le",
    "aiff": "pcm_s16be",
    "flac": "flac",
    "mp3": "libmp3lame",
    "wma": "wmav2",
}
FORMATS = {
    "pcm_f32le": "flt",
    "pcm_f32be": "flt",
    "pcm_s24le": "s32",
    "libopus": "flt",
    "aac": "fltp",
    "libmp3lame": "fltp",
}
NUMBERED_CODECS = (
    ("avi", "aac"),
    ("asf", "aac"),
    ("nut", "aac"),
    ("avi", "flac"),
    ("wav", "flac"),
    ("nut", "flac"),
    ("wav", "g722"),
    ("asf", "g722"),
    ("avi", "libmp3lame"),
    ("wav", "libmp3lame"),
)
"""Containers that name codecs by numbers of Windows, some of which are no ASCII letters.

Left out are those that FFmpeg writes with wrong times, or cannot tell the packets of.
"""
MANY_CHANNELS = ("mkv", "mov", "wav", "w64", "caf", "aiff")
"""Containers that take more than eight channels."""
MANY_TRACKS = ("mkv", "webm", "mp4", "mov", "ts")
NO_MARK = Disposition(0)
NATIVE_RATE = {"libopus": 48_000}


@cache
def speech(seconds: float = 4.0) -> Samples:
    """Speech of pyannote.audio's sample after 0.3 s of silence, peak 0.5, float32, 16 kHz."""
    spec = find_spec("pyannote.audio")
    assert spec is not None and spec.origin is not None
    with av.open(str(Path(spec.origin).parent / "sample" / "sample.wav")) as container:
        pcm = np.concatenate([f.to_ndarray().reshape(-1) for f in container.decode(audio=0)])
    voice = to_samples(pcm)[round(6.7 * SAMPLE_RATE) :][: round((seconds - 0.3) * SAMPLE_RATE)]
    voice = voice / np.abs(voice).max() * np.float32(0.5)
    return np.concatenate([np.zeros(round(VOICE_START_S * SAMPLE_RATE), np.float32), voice])


@dataclass(frozen=True)
class Track:
    """One audio track of a file."""

    samples: Planar
    """Shape (n_channels, n_samples), 16 kHz; resampled to the codec's rate where it needs one."""
    codec: str
    start_s: float = 0.0
    jumps: tuple[tuple[float, float], ...] = ()
    """(at, by): time stamps from `at` on are later by so many seconds; negative ones overlap."""
    disposition: Disposition = NO_MARK
    metadata: dict[str, str] = field(default_factory=dict)
    codec_options: dict[str, str] = field(default_factory=dict)
    mean_late_s: float = 0.0
    """Packets are stamped on arrival, late by so much on average."""


def mono(samples: Samples, codec: str, **more: object) -> Track:
    """A track of one channel."""
    return Track(samples.reshape(1, -1), codec, **more)  # type: ignore[arg-type]


def write_media(
    path: Path,
    tracks: Sequence[Track],
    video_s: float | None = None,
    options: dict[str, str] | None = None,
    title: str = "",
) -> Path:
    """Write tracks, interleaved by time, and a dark video where one is asked for."""
    with av.open(str(path), "w", options=options or {}) as container:
        if title:
            container.metadata["title"] = title
        packets = []
        if video_s is not None:
            packets += _video(container, path, video_s)
        streams = [_stream(container, track) for track in tracks]
        for stream, track in zip(streams, tracks, strict=True):
            packets += _packets(stream, track)
        for _, packet in sorted(packets, key=lambda timed: timed[0]):
            container.mux(packet)
    return path


def _stream(container, track):  # type: ignore[no-untyped-def]
    rate = NATIVE_RATE.get(track.codec, SAMPLE_RATE)
    stream = container.add_stream(track.codec, rate=rate)
    stream.codec_context.layout = _layout(len(track.samples))
    stream.codec_context.format = FORMATS.get(track.codec, "s16")
    stream.codec_context.options = track.codec_options
    stream.disposition = track.disposition
    stream.metadata.update(track.metadata)
    return stream


def _layout(n_channels: int) -> str:
    return {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}.get(n_channels, f"{n_channels} channels")


def _packets(stream, track):  # type: ignore[no-untyped-def]
    context = stream.codec_context
    rate = context.sample_rate
    samples = track.samples
    if rate != SAMPLE_RATE:
        samples = resample_poly(samples, rate // SAMPLE_RATE, 1, axis=1).astype(np.float32)
    size = context.frame_size or rate // 50
    encoded = []
    for start in range(0, samples.shape[1], size):
        part = np.ascontiguousarray(samples[:, start : start + size])
        frame = _frame(part, context.format.name, context.layout.name)
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        encoded += stream.encode(frame)
    encoded += stream.encode(None)
    timed = []
    late, last = np.random.default_rng(1), -1.0
    for packet in encoded:
        at = float(packet.pts * packet.time_base)
        shift = track.start_s + sum(by for since, by in track.jumps if at >= since)
        if track.mean_late_s:
            last = max(at + shift + late.exponential(track.mean_late_s), last + 0.001)
            shift = last - at
        ticks = round(shift / packet.time_base)
        packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
        timed.append((at + shift, packet))
    return timed


def _frame(samples: Planar, form: str, layout: str) -> av.AudioFrame:
    values: npt.NDArray[np.generic] = samples
    if form.startswith("s16"):
        values = np.clip(np.rint(samples * 32_768), -32_768, 32_767).astype(np.int16)
    elif form.startswith("s32"):
        values = np.rint(np.clip(samples.astype(np.float64), -1, 1 - 1e-9) * 2**31).astype(np.int32)
    if not form.endswith("p"):
        values = values.T.reshape(1, -1)
    return av.AudioFrame.from_ndarray(np.ascontiguousarray(values), format=form, layout=layout)


def _video(container, path, seconds):  # type: ignore[no-untyped-def]
    codec = "libvpx" if path.suffix == ".webm" else "mpeg4"
    stream = container.add_stream(codec, rate=5)
    stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
    encoded = []
    for index in range(round(seconds * 5)):
        frame = av.VideoFrame(32, 32, "yuv420p")
        frame.pts, frame.time_base = index, Fraction(1, 5)
        encoded += stream.encode(frame)
    encoded += stream.encode(None)
    return [(float(packet.dts * packet.time_base), packet) for packet in encoded]


def loss_db(heard: Samples, voice: Samples) -> float:
    """By how much a voice is quieter than it was, in dB; both with the same time axis."""
    size = min(heard.size, voice.size)
    return float(10 * np.log10(np.sum(voice**2) / (np.sum(heard[:size] ** 2) + 1e-20)))


def lag_s(heard: Samples, voice: Samples) -> float:
    """By how much what is heard is later than the voice, by the envelopes' correlation."""
    step = SAMPLE_RATE // 200

    def envelope(samples: Samples) -> npt.NDArray[np.float64]:
        whole = samples[: samples.size // step * step].astype(np.float64)
        return np.sqrt(np.mean(whole.reshape(-1, step) ** 2, axis=1))

    one, two = envelope(heard), envelope(voice)
    one, two = one - one.mean(), two - two.mean()
    return (int(np.correlate(one, two, "full").argmax()) - (two.size - 1)) * step / SAMPLE_RATE
