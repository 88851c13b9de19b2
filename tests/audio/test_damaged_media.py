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


def patched(path: Path, old: bytes, new: bytes) -> Path:
    content = path.read_bytes()
    assert content.count(old) >= 1
    path.write_bytes(content.replace(old, new, 1))
    return path


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
    assert done.detail == "The file is damaged: 2 places could not be decoded."
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
