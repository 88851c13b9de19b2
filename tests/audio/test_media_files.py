"""Media files are decoded to samples; for unreadable ones the error says why in one sentence."""

from __future__ import annotations

import io
import logging
import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from meetcore.audio.media_files import iter_audio, read_audio, stated_length
from meetcore.audio.pcm import to_samples
from meetcore.errors import AudioDecodeError
from meetcore.records import SAMPLE_RATE


def tone(seconds: float, rate: int = SAMPLE_RATE) -> np.ndarray:
    time = np.arange(round(seconds * rate)) / rate
    return np.round(12_000 * np.sin(2 * np.pi * 440 * time)).astype(np.int16)


def write_wav(path: Path, pcm: np.ndarray, rate: int = SAMPLE_RATE) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.tobytes())
    return path


def encode(
    path: Path, codec: str, pcm: np.ndarray, rate: int, options: dict[str, str] | None = None
) -> Path:
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.codec_context.layout = "stereo"
        frame = av.AudioFrame.from_ndarray(np.repeat(pcm, 2)[None], format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        resampler = av.AudioResampler(
            stream.codec_context.format, "stereo", rate, stream.frame_size or 1024
        )
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


def write_silent_video(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        container.mux(stream.encode(None))
    return path


def test_wav_is_read_bit_for_bit(tmp_path: Path) -> None:
    pcm = tone(1.23)
    path = write_wav(tmp_path / "a.wav", pcm)
    assert np.array_equal(read_audio(path), to_samples(pcm))
    assert np.array_equal(read_audio(str(path)), to_samples(pcm))
    assert stated_length(path).seconds == pytest.approx(1.23)


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("a.flac", "flac", 44_100),
        ("a.mp3", "libmp3lame", 44_100),
        ("a.m4a", "aac", 48_000),
        ("a.ogg", "libopus", 48_000),
        ("a.webm", "libopus", 48_000),
        ("a.mkv", "aac", 44_100),
    ],
)
def test_common_formats(tmp_path: Path, name: str, codec: str, rate: int) -> None:
    path = encode(tmp_path / name, codec, tone(3.0, rate), rate)
    samples = read_audio(path)
    assert samples.dtype == np.float32
    assert samples.size == pytest.approx(3 * SAMPLE_RATE, abs=0.06 * SAMPLE_RATE)
    middle = samples[SAMPLE_RATE : 2 * SAMPLE_RATE]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(12_000 / 32_768 / np.sqrt(2), rel=0.05)
    assert stated_length(path).seconds == pytest.approx(3.0, abs=0.06)


def test_browser_recording_without_length(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.webm", "libopus", tone(4.0, 48_000), 48_000, {"live": "1"})
    with av.open(str(path)) as container:
        assert container.duration is None
    assert stated_length(path).seconds == pytest.approx(4.0, abs=0.06)
    assert read_audio(path).size == pytest.approx(4 * SAMPLE_RATE, abs=0.06 * SAMPLE_RATE)


def test_upload_in_memory(tmp_path: Path) -> None:
    pcm = tone(0.5)
    upload = io.BytesIO(write_wav(tmp_path / "a.wav", pcm).read_bytes())
    upload.seek(17)
    assert np.array_equal(read_audio(upload), to_samples(pcm))
    assert stated_length(upload).seconds == pytest.approx(0.5)
    assert not upload.closed


@pytest.mark.parametrize("chunk_samples", [1, 160, 999, 16_000, 50_000])
def test_chunks_are_equal_and_lose_nothing(tmp_path: Path, chunk_samples: int) -> None:
    pcm = tone(0.2) if chunk_samples == 1 else tone(2.5)
    path = write_wav(tmp_path / "a.wav", pcm)
    chunks = list(iter_audio(path, chunk_samples))
    assert {chunk.size for chunk in chunks[:-1]} <= {chunk_samples}
    assert 0 < chunks[-1].size <= chunk_samples
    assert np.array_equal(np.concatenate(chunks), to_samples(pcm))


def test_decoding_is_lazy(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(60.0))
    chunks = iter_audio(path)
    assert next(chunks).size == SAMPLE_RATE
    chunks.close()  # type: ignore[attr-defined]


def test_audio_of_a_file_without_samples_is_empty(tmp_path: Path) -> None:
    assert read_audio(write_wav(tmp_path / "a.wav", tone(0.0))).shape == (0,)


def test_truncated_file_gives_what_is_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = encode(tmp_path / "a.mp3", "libmp3lame", tone(10.0, 44_100), 44_100)
    cut = tmp_path / "cut.mp3"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 4 * SAMPLE_RATE < read_audio(cut).size < 6 * SAMPLE_RATE
    wav = write_wav(tmp_path / "a.wav", tone(10.0))
    cut.write_bytes(wav.read_bytes()[:160_045])
    assert read_audio(cut).size == pytest.approx(5 * SAMPLE_RATE, abs=2)


def test_damage_in_the_middle_loses_the_damaged_place_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = encode(
        tmp_path / "a.flac",
        "flac",
        np.random.default_rng(1).integers(-9_000, 9_000, 441_000).astype(np.int16),
        44_100,
    )
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = b"\xff\x00" * 200
    path.write_bytes(bytes(content))
    with caplog.at_level(logging.WARNING):
        samples = read_audio(path)
    assert samples.size > 8 * SAMPLE_RATE


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"talk\.wav is empty \(0 bytes\)\. Record or upload it again\."),
        (b"Dear diary, this is no sound. " * 100, r"talk\.wav is not a media file"),
        (b"RIFF\x00\x00", r"talk\.wav is not a media file"),
    ],
)
def test_unreadable_files_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "talk.wav"
    path.write_bytes(content)
    with pytest.raises(AudioDecodeError, match=message):
        read_audio(path)
    with pytest.raises(AudioDecodeError, match=message):
        stated_length(path)
    with pytest.raises(AudioDecodeError, match=message.replace(r"talk\.wav", "The upload")):
        read_audio(io.BytesIO(content))


def test_missing_file_and_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(AudioDecodeError, match=r"gone\.wav cannot be opened \(No such file"):
        read_audio(tmp_path / "gone.wav")
    with pytest.raises(AudioDecodeError, match="cannot be opened"):
        read_audio(tmp_path)


def test_video_without_sound_is_named(tmp_path: Path) -> None:
    path = write_silent_video(tmp_path / "film.mp4")
    with pytest.raises(AudioDecodeError, match=r"film\.mp4 has no audio track"):
        read_audio(path)


@pytest.mark.parametrize("form", ["hls", "concat"])
def test_playlists_open_no_other_file(tmp_path: Path, form: str) -> None:
    secret = encode(tmp_path / "secret.ts", "mp2", tone(2.0, 48_000), 48_000)
    text = {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        "concat": f"ffconcat version 1.0\nfile 'file:{secret}'\n",
    }[form]
    path = tmp_path / ("list.m3u8" if form == "hls" else "list.ffconcat")
    path.write_text(text)
    with pytest.raises(AudioDecodeError):
        read_audio(path)


def test_encrypted_track_is_named_as_such(tmp_path: Path) -> None:
    path = encode(
        tmp_path / "locked.mp4",
        "aac",
        tone(1.0, 44_100),
        44_100,
        {
            "encryption_scheme": "cenc-aes-ctr",
            "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb",
            "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
        },
    )
    with pytest.raises(AudioDecodeError, match=r"^Talk\.mp4 is encrypted"):
        list(iter_audio(path, name="Talk.mp4"))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PK\x03\x04", "ZIP"),
        (b"Rar!\x1a\x07\x00", "RAR"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"%PDF-1.4", "PDF"),
    ],
)
def test_error_about_an_archive_says_to_unpack_it(
    tmp_path: Path, content: bytes, kind: str
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content + bytes(200))
    with pytest.raises(AudioDecodeError, match=rf"a\.wav is a {kind}.*unpack it"):
        read_audio(path)


@pytest.mark.parametrize("rate", [1, 999])
def test_too_low_sample_rate_is_refused(tmp_path: Path, rate: int) -> None:
    with pytest.raises(AudioDecodeError, match=f"only {rate} samples a second"):
        read_audio(write_wav(tmp_path / "a.wav", tone(1.0), rate))


def test_high_sample_rate_just_works(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(1.0, 768_000), 768_000)
    assert read_audio(path).size == pytest.approx(SAMPLE_RATE, abs=200)


def test_announced_length_says_whether_it_is_exact(tmp_path: Path) -> None:
    counted = stated_length(write_wav(tmp_path / "a.wav", tone(1.5)))
    assert (counted.seconds, counted.exact) == (1.5, True)
    assert not stated_length(encode(tmp_path / "a.mp3", "libmp3lame", tone(1.5), 16_000)).exact
