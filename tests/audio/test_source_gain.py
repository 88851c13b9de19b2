"""Files whose level int16 cannot hold are stored louder or quieter as a whole."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.audio.media_files import MediaReport, iter_audio, read_audio
from meetcore.records import SAMPLE_RATE, Samples
from tests.audio.media import loss_db, mono, speech, write_media
from tests.audio.test_any_media import heard

VOICE = speech()
FLOATS = (("wav", "pcm_f32le"), ("mkv", "pcm_f32le"), ("caf", "pcm_f32le"), ("aiff", "pcm_f32be"))


def at_level(db: float) -> Samples:
    """The voice with this root mean square, in dB of full scale."""
    rms = np.sqrt(np.mean(VOICE**2))
    return (VOICE / rms * 10 ** (db / 20)).astype(np.float32)


def distortion_db(samples: Samples, voice: Samples) -> float:
    """Error of the best scaled copy, in dB below the voice."""
    size = min(samples.size, voice.size)
    one, two = samples[:size].astype(np.float64), voice[:size].astype(np.float64)
    error = two - one * (one @ two) / (one @ one)
    return float(10 * np.log10(np.sum(error**2) / np.sum(two**2)))


@pytest.mark.parametrize(("ending", "codec"), FLOATS)
@pytest.mark.parametrize("db", [-75, -60, -45, -20, 0, 25, 70])
def test_no_level_of_a_float_file_is_distorted(
    tmp_path: Path, ending: str, codec: str, db: int
) -> None:
    voice = at_level(db)
    path = write_media(tmp_path / f"a.{ending}", [mono(voice, codec)])
    samples, _ = heard(path)
    assert np.abs(samples).max() < 1.0
    assert distortion_db(samples, voice) < -35.0


@pytest.mark.parametrize("db", [-75, -20, 25])
def test_direct_and_stored_and_any_chunking_are_the_same(tmp_path: Path, db: int) -> None:
    path = write_media(tmp_path / "a.wav", [mono(at_level(db), "pcm_f32le")])
    stored, _ = heard(path)
    assert np.array_equal(read_audio(path), stored)
    assert np.array_equal(np.concatenate(list(iter_audio(path, 777))), stored)


def test_a_quiet_24_bit_file_keeps_its_resolution(tmp_path: Path) -> None:
    voice = at_level(-75)
    samples, done = heard(write_media(tmp_path / "a.wav", [mono(voice, "pcm_s24le")]))
    assert distortion_db(samples, voice) < -35.0
    assert done.detail.startswith("The file is very quiet; it was stored ")


def test_an_ordinary_float_file_is_stored_as_it_is(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.wav", [mono(VOICE, "pcm_f32le")])
    report = MediaReport()
    samples = np.concatenate(list(iter_audio(path, report=report)))
    assert np.abs(samples - VOICE).max() <= 0.5 / 32_768 and report.gain_db == 0.0


def test_broken_values_disturb_nothing_else(tmp_path: Path) -> None:
    broken = VOICE.copy()
    broken[SAMPLE_RATE : SAMPLE_RATE + 4] = (np.nan, np.inf, -np.inf, 1e30)
    samples = read_audio(write_media(tmp_path / "a.wav", [mono(broken, "pcm_f32le")]))
    assert np.isfinite(samples).all()
    assert np.sum(np.abs(samples) > 0.9) <= 1, "clipped where it was broken"
    samples[SAMPLE_RATE : SAMPLE_RATE + 4] = 0
    assert distortion_db(samples, VOICE) < -35.0


@settings(max_examples=15, deadline=None)
@given(
    seconds=st.sampled_from([0.5, 1.0, 4.0]),
    spikes=st.lists(
        st.tuples(st.floats(0.0, 1.0), st.sampled_from([1.5, 30.0, 1e9, -1e30])),
        min_size=1,
        max_size=8,
    ),
)
def test_single_spikes_change_no_level(seconds: float, spikes: list[tuple[float, float]]) -> None:
    voice = speech(4.0)[round(0.3 * SAMPLE_RATE) :][: round(seconds * SAMPLE_RATE)]
    broken = voice.copy()
    places = [min(int(place * voice.size), voice.size - 1) for place, _ in spikes]
    broken[places] = [value for _, value in spikes]
    with tempfile.TemporaryDirectory() as folder:
        samples = read_audio(write_media(Path(folder) / "a.wav", [mono(broken, "pcm_f32le")]))
    samples[places] = voice[places]
    assert abs(loss_db(samples, voice)) < 3.0


@settings(max_examples=15, deadline=None)
@given(
    shout_s=st.floats(0.5, 3.0), quiet_s=st.sampled_from([0.0, 5.0, 60.0]), db=st.floats(6.0, 60.0)
)
def test_loud_speech_is_no_spike(shout_s: float, quiet_s: float, db: float) -> None:
    """Float files hold values above 1.0: a short loud part is not clipped."""
    part = VOICE[SAMPLE_RATE : SAMPLE_RATE + round(shout_s * SAMPLE_RATE)]
    loud = (part / np.abs(part).max() * 10 ** (db / 20)).astype(np.float32)
    quiet = np.resize(VOICE / 5, round(quiet_s * SAMPLE_RATE)).astype(np.float32)
    whole = np.concatenate([quiet, loud, quiet])
    with tempfile.TemporaryDirectory() as folder:
        path = write_media(Path(folder) / "a.wav", [mono(whole, "pcm_f32le")])
        samples = read_audio(path)
    heard_loud = samples[quiet.size : quiet.size + loud.size]
    assert distortion_db(heard_loud, loud) < -30.0


def test_one_gain_for_all_tracks(tmp_path: Path) -> None:
    """A quiet person beside a loud one is not made as loud."""
    tracks = [mono(at_level(-20), "pcm_f32le"), mono(at_level(-75), "pcm_f32le")]
    report = MediaReport()
    list(iter_audio(write_media(tmp_path / "a.mkv", tracks), report=report))
    assert report.gain_db == 0.0
