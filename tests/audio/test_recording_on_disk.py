"""The recording on disk: appended, read, continued, and kept when the disk is full."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.audio import recording
from meetcore.audio.compact import compact
from meetcore.audio.pcm import to_samples
from meetcore.audio.recording import RecordingReader, RecordingWriter
from meetcore.errors import RecordingError


def noise(n_samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-32_768, 32_768, n_samples).astype(np.int16)


def record(directory: Path, pcm: np.ndarray, chunk_samples: int = 320) -> None:
    writer = RecordingWriter(directory, fsync_s=1.0)
    for start in range(0, pcm.size, chunk_samples):
        writer.append(pcm[start : start + chunk_samples])
    writer.close()


class Clock:
    """A clock that is set by hand, and counts the calls of fsync."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.n_syncs = 0
        monkeypatch.setattr(recording.os, "fsync", self._fsync)

    def __call__(self) -> float:
        return self.now

    def _fsync(self, file: int) -> None:
        self.n_syncs += 1


def test_what_is_appended_is_read(tmp_path: Path) -> None:
    pcm = noise(10_000)
    record(tmp_path / "new" / "meeting", pcm)
    reader = RecordingReader(tmp_path / "new" / "meeting")
    assert reader.n_samples == 10_000
    assert np.array_equal(reader.read_pcm(), pcm)
    assert np.array_equal(reader.read(123, 4_567), to_samples(pcm[123:4_567]))
    assert reader.read(9_999, 20_000).size == 1
    assert reader.read(10_000, 20_000).size == 0
    assert reader.read(50, 50).size == 0
    with pytest.raises(ValueError, match="begins at 0"):
        reader.read(-1, 5)


def test_reading_follows_the_writer(tmp_path: Path) -> None:
    writer, reader = RecordingWriter(tmp_path, fsync_s=1.0), RecordingReader(tmp_path)
    for n_chunks in range(1, 5):
        writer.append(noise(320, n_chunks))
        assert reader.n_samples == writer.n_samples == 320 * n_chunks
    assert np.array_equal(reader.read_pcm(640, 960), noise(320, 3))
    writer.close()


def test_nothing_recorded_reads_as_empty(tmp_path: Path) -> None:
    reader = RecordingReader(tmp_path)
    assert reader.path is None
    assert reader.n_samples == 0
    assert reader.read().size == 0
    assert reader.read().dtype == np.float32


def test_synced_by_length_of_audio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    writer = RecordingWriter(tmp_path, fsync_s=0.5, clock=clock)
    clock.n_syncs = 0
    for _ in range(24):
        writer.append(noise(320))
    assert clock.n_syncs == 0
    writer.append(noise(320))
    assert clock.n_syncs == 1
    writer.sync()
    assert clock.n_syncs == 1
    writer.close()


def test_synced_by_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    writer = RecordingWriter(tmp_path, fsync_s=0.5, clock=clock)
    clock.n_syncs = 0
    writer.append(noise(1))
    clock.now = 0.49
    writer.append(noise(1))
    assert clock.n_syncs == 0
    clock.now = 0.5
    writer.append(noise(1))
    assert clock.n_syncs == 1
    writer.close()


def test_close_twice_then_nothing_more(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path, fsync_s=1.0)
    writer.append(noise(5))
    writer.close()
    writer.close()
    with pytest.raises(RecordingError, match=r"closed\. Open it again"):
        writer.append(noise(5))
    with pytest.raises(RecordingError, match="closed"):
        writer.sync()
    assert RecordingReader(tmp_path).n_samples == 5


def test_continued_after_half_a_sample(tmp_path: Path) -> None:
    record(tmp_path, noise(1_000))
    with (tmp_path / "audio.pcm").open("ab") as file:
        file.write(b"\x7f")
    assert RecordingReader(tmp_path).n_samples == 1_000
    assert np.array_equal(RecordingReader(tmp_path).read_pcm(), noise(1_000))
    record(tmp_path, noise(500, seed=1))
    expected = np.concatenate([noise(1_000), noise(500, seed=1)])
    assert np.array_equal(RecordingReader(tmp_path).read_pcm(), expected)


def test_continued_after_compacting(tmp_path: Path) -> None:
    record(tmp_path, noise(20_000))
    compact(tmp_path)
    record(tmp_path, noise(500, seed=1))
    assert not (tmp_path / "audio.flac").exists()
    expected = np.concatenate([noise(20_000), noise(500, seed=1)])
    assert np.array_equal(RecordingReader(tmp_path).read_pcm(), expected)
    compact(tmp_path)
    assert np.array_equal(RecordingReader(tmp_path).read_pcm(), expected)


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, 5_000), max_size=12), reopen=st.booleans())
def test_any_chunking_is_the_same_file(
    cuts: list[int], reopen: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory, pcm = tmp_path_factory.mktemp("recording"), noise(5_000)
    writer = RecordingWriter(directory, fsync_s=0.1)
    for part in np.split(pcm, sorted(cuts)):
        writer.append(part)
        if reopen:
            writer.close()
            writer = RecordingWriter(directory, fsync_s=0.1)
    writer.close()
    assert (directory / "audio.pcm").read_bytes() == pcm.astype("<i2").tobytes()


def test_unwritable_folder_raises_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RecordingError, match=r"cannot be written .* Check the free space"):
        RecordingWriter(tmp_path / "file" / "meeting", fsync_s=1.0)


FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np
from meetcore.audio.recording import RecordingReader, RecordingWriter
from meetcore.errors import RecordingError

directory = Path(sys.argv[1])
writer = RecordingWriter(directory, fsync_s=1.0)
first, second = np.arange(1000, dtype=np.int16), np.arange(5000, dtype=np.int16)
writer.append(first)
resource.setrlimit(resource.RLIMIT_FSIZE, (2501, resource.RLIM_INFINITY))
try:
    writer.append(second)
except RecordingError as error:
    print(error)
assert writer.n_samples == RecordingReader(directory).n_samples == 1000
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
writer.append(second)
writer.close()
assert np.array_equal(RecordingReader(directory).read_pcm(), np.concatenate([first, second]))
"""


def test_full_disk_keeps_what_was_recorded_and_recording_goes_on_once_there_is_room(
    tmp_path: Path,
) -> None:
    """The kernel itself refuses the write in the middle of a sample (a file size limit)."""
    child = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    assert "cannot be written (File too large)" in child.stdout
