"""Any container, channels, tracks and times: the voice is heard, in its place, and nothing untrue
is said."""

from __future__ import annotations

import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.audio import media_source
from meetcore.audio.media_files import iter_audio
from meetcore.audio.recording import RecordingReader
from meetcore.jobs.decode_stage import decode
from meetcore.jobs.tasks import Decoded, DecodeTask
from meetcore.records import SAMPLE_RATE, Samples
from tests.audio.media import (
    CODECS,
    MANY_CHANNELS,
    MANY_TRACKS,
    NUMBERED_CODECS,
    Track,
    lag_s,
    loss_db,
    mono,
    speech,
    write_media,
)
from tests.jobs.test_decoding import RecordingObserver

VOICE = speech()
SILENCE = np.zeros_like(VOICE)
READ = [ending for ending in CODECS if ending != "wma"]
"""PyAV has a decoder for WMA, but its encoder refuses all parameters."""


def heard(path: Path, longest_s: float = 3600.0) -> tuple[Samples, Decoded]:
    """What the decoding stage stores, as upload and command line do."""
    with tempfile.TemporaryDirectory() as folder:
        task = DecodeTask(path, Path(folder), path.name, longest_s)
        done = decode(task, RecordingObserver())
        return RecordingReader(Path(folder)).read(), done


def assert_heard(samples: Samples, expected: Samples = VOICE, within_db: float = 6.0) -> None:
    assert abs(loss_db(samples, expected)) < within_db
    assert abs(lag_s(samples, expected)) < 0.1


def later(samples: Samples, seconds: float) -> Samples:
    return np.concatenate([np.zeros(round(seconds * SAMPLE_RATE), np.float32), samples])


def with_hole(samples: Samples, at_s: float, length_s: float) -> Samples:
    at = round(at_s * SAMPLE_RATE)
    return np.concatenate([samples[:at], later(samples[at:], length_s)])


@pytest.mark.parametrize("ending", READ)
def test_every_container_is_heard_in_its_place(tmp_path: Path, ending: str) -> None:
    path = write_media(tmp_path / f"talk.{ending}", [mono(VOICE, CODECS[ending])])
    samples, done = heard(path)
    assert_heard(samples)
    assert samples.size == pytest.approx(VOICE.size, abs=0.06 * SAMPLE_RATE)
    assert done.detail == ""


@pytest.mark.parametrize(("ending", "codec"), NUMBERED_CODECS)
def test_containers_that_name_codecs_by_numbers_are_heard(
    tmp_path: Path, ending: str, codec: str
) -> None:
    samples, done = heard(write_media(tmp_path / f"a.{ending}", [mono(VOICE, codec)]))
    assert_heard(samples)
    assert done.detail == ""


@pytest.mark.parametrize("text", [b"caf\xe9", b"\x93ab\x94", b"\xff\xfe\xd8\x00"])
@pytest.mark.parametrize("ending", ["wav", "mkv", "mp4", "mp3", "flac", "avi"])
def test_titles_in_any_encoding_are_no_damage(tmp_path: Path, ending: str, text: bytes) -> None:
    codec = CODECS.get(ending, "libmp3lame")
    path = write_media(
        tmp_path / f"a.{ending}", [mono(VOICE, codec, metadata={"title": "QQQQ"})], title="QQQQ"
    )
    written = path.read_bytes()
    assert b"QQQQ" in written
    path.write_bytes(written.replace(b"QQQQ", text))
    assert_heard(heard(path)[0])


@settings(max_examples=12, deadline=None)
@given(
    ending=st.sampled_from(MANY_CHANNELS),
    n_channels=st.integers(1, 64),
    data=st.data(),
    noise_db=st.sampled_from([None, -80, -50]),
)
def test_a_voice_on_any_one_of_many_channels_is_heard(
    ending: str, n_channels: int, data: st.DataObject, noise_db: int | None
) -> None:
    channel = data.draw(st.integers(0, n_channels - 1))
    planar = np.zeros((n_channels, VOICE.size), np.float32)
    if noise_db is not None:
        planar += np.random.default_rng(n_channels).standard_normal(planar.shape).astype(
            np.float32
        ) * np.float32(10 ** (noise_db / 20))
    planar[channel] += VOICE
    with tempfile.TemporaryDirectory() as folder:
        path = write_media(Path(folder) / f"a.{ending}", [Track(planar, CODECS[ending])])
        samples, done = heard(path)
    assert_heard(samples)
    assert done.detail == ""


@pytest.mark.parametrize("marked", [True, False], ids=["from the container", "from the decoder"])
def test_a_list_of_speaker_positions_does_not_end_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, marked: bool
) -> None:
    """CAF writes 7.1 as such a list, which PyAV 18.1 frees twice."""
    planar = np.stack([*[SILENCE] * 7, VOICE])
    path = write_media(tmp_path / "a.caf", [Track(planar, "pcm_s16le")])
    if not marked:
        monkeypatch.setattr(media_source, "_LAYOUT_OF_CONTAINER", ("none",))
    for _ in range(10):
        assert_heard(heard(path)[0])


@pytest.mark.parametrize("n_channels", [8, 16])
def test_channels_on_planes_of_their_own_are_read(tmp_path: Path, n_channels: int) -> None:
    """Opus gives each channel a plane; PyAV 18.1 itself reads past the eighth."""
    planar = np.stack([*[SILENCE] * (n_channels - 1), VOICE])
    options = {"mapping_family": "255"} if n_channels > 8 else {}
    track = Track(planar, "libopus", codec_options=options)
    assert_heard(heard(write_media(tmp_path / "a.mkv", [track]))[0])


@pytest.mark.parametrize("ending", ["flac", "m4a", "webm", "wav"])
@pytest.mark.parametrize("scale", [-1.0, -0.97, -0.5, 0.5])
def test_opposite_channels_do_not_cancel(tmp_path: Path, ending: str, scale: float) -> None:
    planar = np.stack([VOICE, np.float32(scale) * VOICE])
    samples, _ = heard(write_media(tmp_path / f"a.{ending}", [Track(planar, CODECS[ending])]))
    assert_heard(samples)


@settings(max_examples=10, deadline=None)
@given(
    ending=st.sampled_from(MANY_TRACKS),
    n_tracks=st.integers(2, 4),
    data=st.data(),
    start_s=st.floats(0.0, 3.0),
)
def test_a_voice_on_any_track_is_heard_where_it_was(
    ending: str, n_tracks: int, data: st.DataObject, start_s: float
) -> None:
    speaks = data.draw(st.integers(0, n_tracks - 1))
    tracks = [
        mono(VOICE, CODECS[ending], start_s=start_s)
        if index == speaks
        else mono(SILENCE, CODECS[ending])
        for index in range(n_tracks)
    ]
    with tempfile.TemporaryDirectory() as folder:
        samples, done = heard(write_media(Path(folder) / f"a.{ending}", tracks))
    assert_heard(samples, later(VOICE, start_s))
    n_silent = n_tracks - 1
    assert done.detail == (
        f"{n_tracks} audio tracks were mixed."
        f" {n_silent} of them {'is' if n_silent == 1 else 'are'} silent."
    )


def test_persons_on_tracks_of_their_own_are_all_heard(tmp_path: Path) -> None:
    second = np.concatenate([SILENCE, VOICE])
    tracks = [mono(VOICE, "aac"), mono(second, "aac")]
    samples, done = heard(write_media(tmp_path / "a.mp4", tracks))
    assert_heard(samples[: VOICE.size])
    assert_heard(samples[VOICE.size :])
    assert done.detail == "2 audio tracks were mixed."


@pytest.mark.parametrize("ending", MANY_TRACKS)
@pytest.mark.parametrize("start_s", [0.1, 4.0])
def test_late_audio_keeps_its_place_in_the_video(
    tmp_path: Path, ending: str, start_s: float
) -> None:
    track = mono(VOICE, CODECS[ending], start_s=start_s)
    samples, done = heard(write_media(tmp_path / f"a.{ending}", [track], video_s=9.0))
    assert_heard(samples, later(VOICE, start_s))
    assert done.detail == ""


@pytest.mark.parametrize("ending", ["mkv", "webm", "mp4", "ts"])
def test_holes_become_silence(tmp_path: Path, ending: str) -> None:
    track = mono(VOICE, CODECS[ending], jumps=((1.0, 0.2), (2.0, 8.0)))
    samples, done = heard(write_media(tmp_path / f"a.{ending}", [track]))
    assert_heard(samples, with_hole(with_hole(VOICE, 2.0, 8.0), 1.0, 0.2))
    assert done.detail == ""


def test_video_longer_than_its_audio_is_no_file_that_breaks_off(tmp_path: Path) -> None:
    for ending in ("webm", "mp4", "mkv"):
        path = write_media(tmp_path / f"a.{ending}", [mono(VOICE, CODECS[ending])], video_s=20.0)
        assert heard(path)[1].detail == ""


@pytest.mark.parametrize("ending", ["mkv", "webm", "mp4"])
@pytest.mark.parametrize("mean_late_s", [0.01, 0.04, 0.08])
def test_audio_stamped_on_arrival_is_heard_whole(
    tmp_path: Path, ending: str, mean_late_s: float
) -> None:
    track = mono(VOICE, CODECS[ending], mean_late_s=mean_late_s)
    samples, _ = heard(write_media(tmp_path / f"a.{ending}", [track]))
    assert abs(loss_db(samples, np.pad(VOICE, (0, SAMPLE_RATE)))) < 1.0
    zeros = [int(np.sum(audio == 0)) for audio in (samples, VOICE)]
    assert zeros[0] - zeros[1] < 10 * mean_late_s * SAMPLE_RATE


def joined(tmp_path: Path, first: Track, second: Track) -> Path:
    """Two recordings joined byte by byte, as recorders that split files are often used."""
    parts = [write_media(tmp_path / f"{n}.ts", [track]) for n, track in enumerate((first, second))]
    path = tmp_path / "joined.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def test_overlapping_times_never_play_audio_twice(tmp_path: Path) -> None:
    last = mono(VOICE[-SAMPLE_RATE:], "mp2", start_s=3.0)
    samples, _ = heard(joined(tmp_path, mono(VOICE, "mp2"), last))
    assert samples.size == pytest.approx(VOICE.size, abs=0.1 * SAMPLE_RATE)
    assert_heard(samples)


@pytest.mark.parametrize("start_s", [0.0, 3000.0])
def test_a_clock_that_begins_anew_loses_nothing(tmp_path: Path, start_s: float) -> None:
    first, second = (mono(VOICE, "mp2", start_s=start) for start in (4000.0, start_s))
    samples, _ = heard(joined(tmp_path, first, second))
    assert_heard(samples, np.concatenate([VOICE, VOICE]))


@pytest.mark.parametrize("ending", ["mp3", "flac", "ogg"])
def test_recordings_joined_byte_by_byte_are_heard_one_after_the_other(
    tmp_path: Path, ending: str
) -> None:
    path = write_media(tmp_path / f"a.{ending}", [mono(VOICE, CODECS[ending])])
    path.write_bytes(2 * path.read_bytes())
    samples, _ = heard(path)
    assert_heard(samples[: VOICE.size])
    assert_heard(samples[-VOICE.size :])
    assert samples.size == pytest.approx(2 * VOICE.size, abs=0.2 * SAMPLE_RATE)


def test_an_impossible_time_stamp_fills_no_disk_and_loses_no_word(tmp_path: Path) -> None:
    track = mono(VOICE, "pcm_s16le", jumps=((2.0, 90_000.0),))
    path = write_media(tmp_path / "a.mkv", [track])
    samples, done = heard(path)
    assert_heard(samples)
    assert done.detail.startswith("A time stamp in the file is impossibly far ahead;")


def test_memory_does_not_grow_with_a_hole(tmp_path: Path) -> None:
    track = mono(VOICE, "pcm_s16le", jumps=((2.0, 600.0),))
    path = write_media(tmp_path / "a.mkv", [track])
    tracemalloc.start()
    n_samples = sum(chunk.size for chunk in iter_audio(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert n_samples == pytest.approx(VOICE.size + 600 * SAMPLE_RATE, abs=3200)
    assert peak < 4_000_000
