"""Browser frames are converted to one unbroken stream of samples."""

from __future__ import annotations

import time
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.audio.frames import FrameConverter
from meetcore.errors import AudioDecodeError


def sine(n_samples: int, rate: int, amplitude: int = 20_000) -> npt.NDArray[np.int16]:
    time = np.arange(n_samples) / rate
    return np.round(amplitude * np.sin(2 * np.pi * 440 * time)).astype(np.int16)


def make_frame(
    signal: npt.NDArray[np.int16], rate: int, layout: str = "stereo", form: str = "s16"
) -> av.AudioFrame:
    channels = np.stack([signal] * (2 if layout == "stereo" else 1))
    if form.startswith("flt"):
        channels = channels.astype(np.float32) / np.float32(32_768)
    if not form.endswith("p"):
        channels = channels.T.reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(channels), format=form, layout=layout)
    frame.sample_rate = rate
    return frame


def convert_all(converter: FrameConverter, frames: list[av.AudioFrame]) -> npt.NDArray[np.int16]:
    return np.concatenate([*(converter.convert(frame) for frame in frames), converter.flush()])


def split(signal: npt.NDArray[np.int16], size: int) -> list[npt.NDArray[np.int16]]:
    return [signal[start : start + size] for start in range(0, signal.size, size)]


@pytest.mark.parametrize(
    ("rate", "layout", "form"),
    [
        (48_000, "stereo", "s16"),
        (48_000, "stereo", "s16p"),
        (48_000, "mono", "s16"),
        (44_100, "stereo", "fltp"),
        (44_100, "mono", "flt"),
        (16_000, "stereo", "s16"),
        (16_000, "mono", "s16"),
        (8_000, "mono", "s16"),
    ],
)
def test_sine_stays_whole_and_continuous(rate: int, layout: str, form: str) -> None:
    frames = [
        make_frame(part, rate, layout, form) for part in split(sine(10 * rate, rate), rate // 50)
    ]
    heard = convert_all(FrameConverter(), frames)
    assert heard.dtype == np.int16
    assert heard.ndim == 1
    assert abs(heard.size - 160_000) <= 2
    # A sample lost or doubled anywhere would shift all that follows.
    error = heard.astype(float) - sine(heard.size, 16_000)
    assert np.abs(error[200:-200]).max() < 20


def test_output_keeps_up_with_input() -> None:
    converter = FrameConverter()
    n_samples = sum(
        converter.convert(make_frame(part, 48_000)).size
        for part in split(sine(48_000, 48_000), 960)
    )
    assert 16_000 - 32 <= n_samples <= 16_000


@settings(max_examples=25, deadline=None)
@given(sizes=st.lists(st.integers(1, 4_000), min_size=1, max_size=30))
def test_any_framing_gives_the_same_samples(sizes: list[int]) -> None:
    signal = sine(sum(sizes), 48_000)
    whole = convert_all(FrameConverter(), [make_frame(signal, 48_000)])
    parts = np.split(signal, np.cumsum(sizes)[:-1])
    framed = convert_all(FrameConverter(), [make_frame(part, 48_000) for part in parts])
    assert np.array_equal(whole, framed)


def test_change_of_form_loses_nothing() -> None:
    converter = FrameConverter()
    first = [make_frame(part, 48_000) for part in split(sine(48_000, 48_000), 960)]
    second = [make_frame(part, 44_100, "mono", "fltp") for part in split(sine(44_100, 44_100), 882)]
    third = [make_frame(part, 16_000, "mono") for part in split(sine(16_000, 16_000), 320)]
    heard = convert_all(converter, first + second + third + first)
    assert abs(heard.size - 4 * 16_000) <= 8
    expected = np.concatenate([sine(16_000, 16_000)] * 4)
    error = np.abs(heard[: expected.size].astype(float) - expected[: heard.size])
    middles = np.concatenate(
        [np.arange(i * 16_000 + 300, (i + 1) * 16_000 - 300) for i in range(4)]
    )
    assert error[middles].max() < 20


def stamped(jumps: dict[int, int], n_frames: int = 50) -> list[av.AudioFrame]:
    """Frames of 20 ms of a sine; before frame i, `jumps[i]` samples at 48 kHz are missing."""
    parts = split(sine(960 * n_frames, 48_000), 960)
    frames, pts = [make_frame(part, 48_000) for part in parts], 0
    for index, frame in enumerate(frames):
        pts += jumps.get(index, 0)
        frame.time_base, frame.pts = Fraction(1, 48_000), pts
        pts += frame.samples
    return frames


def test_lost_audio_becomes_silence_and_is_counted() -> None:
    converter = FrameConverter()
    heard = convert_all(converter, stamped({20: 144_000, 30: 4_800}))
    assert abs(heard.size - 16_000 - 48_000 - 1_600) <= 4
    assert converter.n_filled == 48_000 + 1_600
    first_silent = 20 * 320
    assert not heard[first_silent + 40 : first_silent + 47_960].any()
    after = heard[first_silent + 48_000 :][: 10 * 320]
    error = after.astype(float) - sine(30 * 320, 16_000)[20 * 320 :]
    assert np.abs(error[100:-100]).max() < 20, "what follows keeps its place"


@pytest.mark.parametrize("mean_late_s", [0.01, 0.04, 0.08, 0.3])
def test_jitter_of_any_length_adds_its_largest_delay_once(mean_late_s: float) -> None:
    late = np.random.default_rng(2).exponential(mean_late_s, 1_000)
    frames, last = stamped({}, 1_000), -1
    for frame, by in zip(frames, late, strict=True):
        frame.pts = last = max(frame.pts + round(by * 48_000), last + 48)
    converter = FrameConverter()
    heard = convert_all(converter, frames)
    assert abs(heard.size - converter.n_filled - 1_000 * 320) <= 64, "no audio is lost"
    assert converter.n_filled <= (late.max() + 0.11) * 16_000


def test_packets_lost_one_by_one_keep_what_follows_in_its_place() -> None:
    """20 ms are lost a hundred times, each less than a gap that is filled at once."""
    converter = FrameConverter()
    heard = convert_all(converter, stamped(dict.fromkeys(range(5, 505, 5), 960), 510))
    assert abs(heard.size - (510 + 100) * 320) <= 0.051 * 16_000


@pytest.mark.parametrize("jump", [1, 960, 2_399, -960_000, 4_000_000_000])
def test_jitter_and_new_clocks_are_no_lost_audio(jump: int) -> None:
    converter = FrameConverter()
    plain = convert_all(FrameConverter(), stamped({}))
    assert np.array_equal(convert_all(converter, stamped({20: jump})), plain)
    assert converter.n_filled == 0


def test_forged_timestamps_fill_no_more_than_time_passes() -> None:
    converter = FrameConverter(clock=lambda: 0.0)
    heard = convert_all(converter, stamped(dict.fromkeys(range(1, 50), 48_000 * 50)))
    assert 0 < converter.n_filled <= 60 * 16_000
    assert heard.size <= 61 * 16_000


def test_a_pause_after_a_flush_is_not_filled() -> None:
    converter = FrameConverter()
    frames = stamped({20: 480_000})
    heard = [converter.convert(frame) for frame in frames[:20]]
    heard.append(converter.flush())
    heard += [converter.convert(frame) for frame in frames[20:]]
    assert abs(np.concatenate([*heard, converter.flush()]).size - 16_000) <= 4


def test_opposite_microphone_channels_are_heard() -> None:
    """Two capsules with opposite phase: their mean is silence."""
    signal = sine(48_000, 48_000)
    channels = np.stack([signal, -signal]).T.reshape(-1, 1920)
    frames = [
        av.AudioFrame.from_ndarray(row[None], format="s16", layout="stereo") for row in channels
    ]
    for frame in frames:
        frame.sample_rate = 48_000
    heard = convert_all(FrameConverter(), frames)
    assert np.sqrt(np.mean(heard.astype(float) ** 2)) > 0.5 * 20_000 / np.sqrt(2)
    assert np.abs(np.diff(heard.astype(int))).max() < 1.1 * 20_000 * 2 * np.pi * 440 / 16_000


def test_conversion_costs_less_than_a_hundredth_of_a_core() -> None:
    frames = [make_frame(part, 48_000) for part in split(sine(480_000, 48_000), 960)]
    converter = FrameConverter()
    converter.convert(frames[0])
    began = time.process_time()
    for frame in frames:
        converter.convert(frame)
    assert time.process_time() - began < 0.02 * 10.0, "twice the aim, as machines differ"


def test_opus_decoder_output_converts() -> None:
    """Frames as aiortc gives them: encoded and decoded by libopus."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "stereo", "s16"
    encoder.time_base = Fraction(1, 48_000)
    encoder.open()
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout, decoder.format = 48_000, "stereo", "s16"
    converter = FrameConverter()
    heard = []
    for index, part in enumerate(split(sine(96_000, 48_000), 960)):
        frame = make_frame(part, 48_000)
        frame.pts, frame.time_base = index * 960, Fraction(1, 48_000)
        for packet in encoder.encode(frame):
            heard += [converter.convert(decoded) for decoded in decoder.decode(packet)]
    pcm = np.concatenate(heard)
    assert abs(pcm.size - 32_000) < 640
    assert 10_000 < np.sqrt(np.mean(pcm[3_200:].astype(float) ** 2)) < 16_000


def test_nothing_gives_nothing() -> None:
    converter = FrameConverter()
    assert converter.flush().size == 0
    assert converter.flush().dtype == np.int16
    converter.convert(make_frame(sine(960, 48_000), 48_000))
    assert converter.flush().size > 0
    assert converter.flush().size == 0


def test_two_connections_share_nothing() -> None:
    signal = sine(48_000, 48_000)
    one, two = FrameConverter(), FrameConverter()
    heard_one, heard_two = [], []
    for part in split(signal, 960):
        heard_one.append(one.convert(make_frame(part, 48_000)))
        heard_two.append(two.convert(make_frame(np.zeros_like(part), 48_000)))
    assert not np.concatenate(heard_two).any()
    alone = convert_all(FrameConverter(), [make_frame(part, 48_000) for part in split(signal, 960)])
    assert np.array_equal(np.concatenate([*heard_one, one.flush()]), alone)


def test_impossible_frame_raises_one_sentence_and_loses_itself_only() -> None:
    signal = sine(9_600, 48_000)
    frames = [make_frame(part, 48_000) for part in split(signal, 960)]
    impossible = make_frame(signal[:960], 48_000)
    impossible.sample_rate = 0
    converter = FrameConverter()
    heard = [converter.convert(frame) for frame in frames]
    with pytest.raises(AudioDecodeError, match=r"0 Hz.*Choose another microphone"):
        converter.convert(impossible)
    heard += [converter.convert(frame) for frame in frames]
    assert abs(np.concatenate([*heard, converter.flush()]).size - 6_400) <= 4
