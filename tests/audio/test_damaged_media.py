"""Cut, unfinished, damaged and wrongly labelled files: all that is there is heard; nothing untrue
is said."""

from __future__ import annotations

import re
import struct
import tempfile
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.audio.media_files import read_audio, stated_length
from meetcore.errors import AudioDecodeError, MeetcoreError
from meetcore.records import SAMPLE_RATE
from tests.audio.media import CODECS, mono, speech, write_media
from tests.audio.test_any_media import assert_heard, heard

VOICE = np.tile(speech(), 3)
"""12 s."""
CUT_IS_SEEN = ("wav", "w64", "caf", "aiff", "flac", "mkv", "webm", "mp3", "mp4", "mov", "m4a")
"""TS and Ogg announce no length that a cut copy still has."""
INDEX_FIRST = {"movflags": "faststart"}


def written(tmp_path: Path, ending: str) -> Path:
    options = INDEX_FIRST if ending in ("mp4", "mov", "m4a") else {}
    return write_media(tmp_path / f"talk.{ending}", [mono(VOICE, CODECS[ending])], options=options)


def cut(path: Path, part: float) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    return path


@pytest.mark.parametrize("ending", CUT_IS_SEEN)
@pytest.mark.parametrize("part", [0.4, 0.7])
def test_a_cut_file_is_heard_as_far_as_it_goes_and_named(
    tmp_path: Path, ending: str, part: float
) -> None:
    samples, done = heard(cut(written(tmp_path, ending), part))
    found = re.match(r"The file breaks off after (\d+) of (\d+) s;", done.detail)
    assert found, done.detail
    seconds = samples.size / SAMPLE_RATE
    assert int(found[1]) == pytest.approx(seconds, abs=1) and int(found[2]) == 12
    assert seconds == pytest.approx(12 * part, abs=2.5)
    assert_heard(samples, VOICE[: samples.size])


@pytest.mark.parametrize("ending", ["ts", "ogg"])
def test_of_a_cut_file_without_a_length_nothing_is_said(tmp_path: Path, ending: str) -> None:
    samples, done = heard(cut(written(tmp_path, ending), 0.5))
    assert samples.size > 4 * SAMPLE_RATE and done.detail == ""


def test_a_cut_file_in_fragments_is_named(tmp_path: Path) -> None:
    options = {"movflags": "empty_moov+default_base_moof", "frag_duration": "1000000"}
    path = write_media(tmp_path / "a.mp4", [mono(VOICE, "aac")], options=options)
    assert heard(path)[1].detail == ""
    samples, done = heard(cut(path, 0.6))
    assert_heard(samples, VOICE[: samples.size])
    seconds = samples.size / SAMPLE_RATE
    assert done.detail.startswith(f"The file breaks off after {seconds:.0f} s;")


@pytest.mark.parametrize("seconds", [1.0, 600.0, 1e6])
def test_a_wrong_length_of_a_whole_matroska_file_is_not_believed(
    tmp_path: Path, seconds: float
) -> None:
    path = written(tmp_path, "mkv")
    content = path.read_bytes()
    at = content.index(b"\x44\x89\x88") + 3  # Duration, a float of 8 bytes, in milliseconds
    path.write_bytes(content[:at] + struct.pack(">d", seconds * 1000) + content[at + 8 :])
    samples, done = heard(path)
    assert_heard(samples, VOICE)
    assert done.detail == ""


@pytest.mark.parametrize("size", [0, 0x7FFF_F000, 0xFFFF_FFFF])
def test_sizes_that_recorders_leave_open_are_no_cut(tmp_path: Path, size: int) -> None:
    path = written(tmp_path, "wav")
    content = path.read_bytes()
    at = content.index(b"data") + 4
    path.write_bytes(content[:at] + struct.pack("<I", size) + content[at + 4 :])
    samples, done = heard(path)
    assert_heard(samples, VOICE)
    assert done.detail == ""


W64_DATA = bytes.fromhex("64617461f3acd3118cd100c04f8edb8a")


@pytest.mark.parametrize(
    ("ending", "place", "offset", "form", "sizes"),
    [
        ("wav", b"data", 4, "<I", (32_000, 100_000, 383_000)),
        ("aiff", b"SSND", 4, ">I", (0, 8, 32_000)),
        ("aiff", b"COMM", 10, ">I", (0, 16_000, 1_600_000)),
        ("caf", b"data", 4, ">q", (-1, 0, 32_000)),
        ("w64", W64_DATA, 16, "<Q", (0, 24, 32_000, 2**62)),
        ("flac", b"fLaC", 22, ">I", (0, 16_000, 2**32 - 1)),
    ],
)
def test_a_size_that_was_never_brought_up_to_date_loses_nothing(
    tmp_path: Path, ending: str, place: bytes, offset: int, form: str, sizes: tuple[int, ...]
) -> None:
    """As recorders leave it that were ended early, or that wrote more than 4 GB."""
    whole = written(tmp_path, ending).read_bytes()
    for size in sizes:
        content = bytearray(whole)
        struct.pack_into(form, content, whole.index(place) + offset, size)
        path = tmp_path / f"patched.{ending}"
        path.write_bytes(content)
        samples, done = heard(path)
        assert_heard(samples, VOICE)
        assert abs(samples.size - VOICE.size) < SAMPLE_RATE / 10 and done.detail == ""


def test_chunks_after_the_samples_are_no_sound(tmp_path: Path) -> None:
    path = written(tmp_path, "wav")
    note = b"LIST" + struct.pack("<I", 3000) + b"INFO" + bytes(range(200)) * 15
    path.write_bytes(path.read_bytes() + note[:3008])
    assert heard(path)[0].size == VOICE.size


@pytest.mark.parametrize("box", [b"mvhd", b"tkhd", b"mdhd"])
@pytest.mark.parametrize("factor", [0.1, 50, 20_000])
def test_a_wrong_length_of_a_whole_mp4_file_is_not_believed(
    tmp_path: Path, box: bytes, factor: float
) -> None:
    path = written(tmp_path, "mp4")
    content = bytearray(path.read_bytes())
    at = content.index(box) + {b"mvhd": 20, b"tkhd": 24, b"mdhd": 20}[box]
    (length,) = struct.unpack_from(">I", content, at)
    struct.pack_into(">I", content, at, min(int(length * factor), 0x7FFF_FFFF))
    path.write_bytes(content)
    samples, done = heard(path)
    assert_heard(samples, VOICE)
    assert done.detail == ""


@pytest.mark.parametrize("ending", ["mp4", "mov", "m4a"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_an_unfinished_mp4_has_its_own_sentence(tmp_path: Path, ending: str, part: float) -> None:
    path = cut(write_media(tmp_path / f"talk.{ending}", [mono(VOICE, CODECS[ending])]), part)
    for read in (read_audio, stated_length):
        with pytest.raises(AudioDecodeError, match=r"has no index \(moov\).*untrunc"):
            read(path)


@pytest.mark.parametrize("ending", ["mp4", "mov", "m4a"])
def test_an_index_that_was_cut_gives_the_audio_or_that_sentence(
    tmp_path: Path, ending: str
) -> None:
    path = write_media(tmp_path / f"talk.{ending}", [mono(VOICE, CODECS[ending])])
    content = path.read_bytes()
    for missing in range(1, len(content) - content.rindex(b"moov"), 61):
        path.write_bytes(content[:-missing])
        try:
            assert_heard(heard(path)[0], VOICE)
        except AudioDecodeError as error:
            assert "has no index (moov)" in str(error)


@pytest.mark.parametrize("ending", ["flac", "mkv", "m4a", "ts"])
def test_damage_in_the_middle_moves_nothing_after_it(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path, ending)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = np.random.default_rng(2).bytes(2000)
    path.write_bytes(content)
    samples, _ = heard(path)
    assert_heard(samples[: 5 * SAMPLE_RATE], VOICE[: 5 * SAMPLE_RATE])
    assert_heard(samples[8 * SAMPLE_RATE :], VOICE[8 * SAMPLE_RATE :])


def test_packets_that_cannot_be_decoded_are_counted(tmp_path: Path) -> None:
    path = written(tmp_path, "m4a")
    with av.open(str(path)) as container:
        packets = [(p.pos, p.size) for p in container.demux(audio=0) if p.size]
    content = bytearray(path.read_bytes())
    for at, size in (*packets[60:63], *packets[100:102]):
        content[at : at + size] = b"\xff" * size
    path.write_bytes(content)
    samples, done = heard(path)
    assert done.detail == "2 places in the file could not be decoded."
    assert_heard(samples, VOICE)


def test_an_end_that_cannot_be_decoded_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, "m4a")
    with av.open(str(path)) as container:
        packets = [(p.pos, p.size) for p in container.demux(audio=0) if p.size]
    content = bytearray(path.read_bytes())
    for at, size in packets[len(packets) // 2 :]:
        content[at : at + size] = b"\xff" * size
    path.write_bytes(content)
    samples, done = heard(path)
    assert done.detail == "The last 6 s of the file could not be decoded."
    assert samples.size == pytest.approx(6 * SAMPLE_RATE, abs=SAMPLE_RATE // 4)


@pytest.mark.parametrize(
    ("ending", "place", "offset"), [("wav", b"fmt ", 10), ("aiff", b"COMM", 8)]
)
def test_a_file_of_no_channels_has_a_sentence(
    tmp_path: Path, ending: str, place: bytes, offset: int
) -> None:
    path = written(tmp_path, ending)
    content = bytearray(path.read_bytes())
    at = content.index(place) + offset
    content[at : at + 2] = bytes(2)
    path.write_bytes(content)
    with pytest.raises(AudioDecodeError):
        read_audio(path)


@settings(max_examples=60, deadline=None)
@given(
    ending=st.sampled_from(("caf", "w64", "wma", "wav", "aiff", "mp4", "mkv", "mp3", "ogg", "ts")),
    data=st.data(),
)
def test_any_damage_gives_audio_or_a_sentence(ending: str, data: st.DataObject) -> None:
    content = bytearray(_whole(ending))
    for _ in range(data.draw(st.integers(1, 8))):
        near_start = data.draw(st.booleans())
        at = data.draw(
            st.integers(0, min(200, len(content) - 1) if near_start else len(content) - 1)
        )
        content[at] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(1, len(content)))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"talk.{ending}"
        path.write_bytes(content)
        try:
            heard(path)
        except MeetcoreError as error:
            assert str(error).endswith(".")


def _whole(ending: str) -> bytes:
    if ending not in _WHOLE:
        with tempfile.TemporaryDirectory() as folder:
            if ending == "wma":
                _WHOLE[ending] = asf(Path(folder))
            else:
                _WHOLE[ending] = written(Path(folder), ending).read_bytes()
    return _WHOLE[ending]


_WHOLE: dict[str, bytes] = {}


def asf(folder: Path) -> bytes:
    """A Windows Media file, with the one codec that can be encoded into it here."""
    path = folder / "talk.wma"
    with av.open(str(path), "w", format="asf") as container:
        stream = container.add_stream("libmp3lame", rate=SAMPLE_RATE)
        stream.codec_context.layout = "mono"
        frame = av.AudioFrame.from_ndarray(VOICE[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE, 0
        resampler = av.AudioResampler("fltp", "mono", SAMPLE_RATE, 576)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path.read_bytes()
