"""A recording's FLAC file that was truncated or damaged gives back everything that is intact."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.audio.compact import compact
from meetcore.audio.pcm import Pcm
from meetcore.audio.pcm_file import FLAC_NAME
from meetcore.audio.recording import RecordingReader, RecordingWriter
from meetcore.audio.recording_damage import missing_end
from meetcore.errors import RecordingError
from meetcore.records import SAMPLE_RATE

PCM = np.random.default_rng(5).integers(-3000, 3000, 20 * SAMPLE_RATE).astype(np.int16)
FRAME = 4608
"""The longest frame of a FLAC file at 16 kHz."""


def recorded(folder: Path) -> Path:
    """The FLAC file of 20 s; each sample takes about 13 bits."""
    writer = RecordingWriter(folder, fsync_s=1e9)
    writer.append(PCM)
    writer.close()
    return compact(folder)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return recorded(tmp_path_factory.mktemp("whole")).read_bytes()


@settings(max_examples=30, deadline=None)
@given(part=st.floats(0.03, 0.999))
def test_a_truncated_recording_gives_back_what_is_intact(whole: bytes, part: float) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / FLAC_NAME).write_bytes(whole[: int(len(whole) * part)])
        reader = RecordingReader(folder)
        got = reader.read_pcm()
        assert got.size == reader.n_samples >= PCM.size * part - 3 * FRAME
        assert np.array_equal(got, PCM[: got.size])
        assert pieces(reader) == got.tobytes()
        seconds = got.size / SAMPLE_RATE
        assert missing_end(folder).startswith(
            f"The recording's file breaks off after {seconds:.0f} of 20 s;"
        )


def pieces(reader: RecordingReader) -> bytes:
    """All of it as the second pass reads it, a stretch at a time."""
    starts = range(0, reader.n_samples + SAMPLE_RATE, 3 * SAMPLE_RATE)
    return b"".join(reader.read_pcm(at, at + 3 * SAMPLE_RATE).tobytes() for at in starts)


@settings(max_examples=40, deadline=None)
@given(at=st.floats(0.05, 0.95), n_bytes=st.integers(1, 4000), seed=st.integers(0, 99))
def test_a_damaged_place_is_silent_and_moves_nothing(
    whole: bytes, at: float, n_bytes: int, seed: int
) -> None:
    content = bytearray(whole)
    start = int(len(content) * at)
    content[start : start + n_bytes] = np.random.default_rng(seed).bytes(n_bytes)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / FLAC_NAME).write_bytes(content)
        reader = RecordingReader(folder)
        got = reader.read_pcm()
    place = int(PCM.size * at)
    before, after = place - 3 * FRAME, place + n_bytes + 5 * FRAME
    assert np.array_equal(got[: max(before, 0)], PCM[: max(before, 0)])
    assert np.array_equal(got[after:], PCM[after : got.size])
    assert got.size >= min(PCM.size, after) - 2 * FRAME


def test_a_whole_recording_lacks_nothing(tmp_path: Path) -> None:
    recorded(tmp_path)
    assert missing_end(tmp_path) == ""
    assert RecordingReader(tmp_path).n_samples == PCM.size
    assert missing_end(tmp_path / "none") == ""


def test_a_damaged_recording_is_never_continued_over_what_is_left(tmp_path: Path) -> None:
    path = recorded(tmp_path)
    cut = path.read_bytes()[: path.stat().st_size // 2]
    path.write_bytes(cut)
    with pytest.raises(RecordingError, match="its file is damaged"):
        RecordingWriter(tmp_path, fsync_s=1.0)
    assert path.read_bytes() == cut
    assert _read(tmp_path).size > 9 * SAMPLE_RATE


@pytest.mark.parametrize("n_bytes", [4, 42, 5000])
def test_a_lost_start_costs_the_start_only(tmp_path: Path, n_bytes: int) -> None:
    path = recorded(tmp_path)
    path.write_bytes(bytes(n_bytes) + path.read_bytes()[n_bytes:])
    got = _read(tmp_path)
    kept = slice(n_bytes + 3 * FRAME, PCM.size - 2 * FRAME)
    assert np.array_equal(got[kept], PCM[kept])
    assert missing_end(tmp_path).startswith("The recording's file is damaged at its start;")


def test_a_file_that_is_no_flac_is_named(tmp_path: Path) -> None:
    (tmp_path / FLAC_NAME).write_bytes(bytes(50_000))
    with pytest.raises(RecordingError, match=r"its file is damaged\. Copy it back"):
        _read(tmp_path)


def _read(folder: Path) -> Pcm:
    return RecordingReader(folder).read_pcm()
