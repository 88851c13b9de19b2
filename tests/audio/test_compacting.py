"""A compacted recording is equal sample by sample; the original is kept until that is checked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from meetcore.audio import compact as compacting
from meetcore.audio.compact import compact
from meetcore.audio.media_files import read_audio, stated_length
from meetcore.audio.pcm import to_samples
from meetcore.audio.recording import RecordingReader, RecordingWriter
from meetcore.errors import RecordingError


def speechlike(n_samples: int) -> np.ndarray:
    generator = np.random.default_rng(3)
    swell = 6_000 * (1 + np.sin(np.arange(n_samples) / 4_000))
    return (generator.normal(0, 0.2, n_samples) * swell).astype(np.int16)


def record(directory: Path, pcm: np.ndarray) -> None:
    writer = RecordingWriter(directory, fsync_s=1.0)
    writer.append(pcm)
    writer.close()


@pytest.mark.parametrize("n_samples", [0, 1, 1_151, 1_152, 160_000, 400_007])
def test_compact_copy_is_equal_and_replaces_the_raw_file(tmp_path: Path, n_samples: int) -> None:
    pcm = speechlike(n_samples)
    record(tmp_path, pcm)
    reported: list[float] = []
    path = compact(tmp_path, reported.append)
    assert path == tmp_path / "audio.flac"
    assert [entry.name for entry in tmp_path.iterdir()] == ["audio.flac"]
    assert reported == sorted(reported)
    assert reported[-1] == 1.0
    reader = RecordingReader(tmp_path)
    assert reader.path == path
    assert reader.n_samples == n_samples
    assert np.array_equal(reader.read_pcm(), pcm)
    assert compact(tmp_path) == path


def test_any_stretch_of_the_compact_file(tmp_path: Path) -> None:
    pcm = speechlike(300_000)
    record(tmp_path, pcm)
    compact(tmp_path)
    reader = RecordingReader(tmp_path)
    generator = np.random.default_rng(5)
    stretches = [(0, 1), (1_151, 1_153), (299_999, 400_000), (300_000, 300_001), (7, None), (9, 9)]
    stretches += [tuple(sorted(map(int, generator.integers(0, 300_000, 2)))) for _ in range(30)]
    for start, stop in stretches:
        assert np.array_equal(reader.read(start, stop), to_samples(pcm[start:stop])), (start, stop)


def test_compact_file_is_an_ordinary_media_file(tmp_path: Path) -> None:
    pcm = speechlike(48_000)
    record(tmp_path, pcm)
    path = compact(tmp_path)
    assert np.array_equal(read_audio(path), to_samples(pcm))
    assert stated_length(path).seconds == 3.0


def test_silence_compacts_to_almost_nothing(tmp_path: Path) -> None:
    record(tmp_path, np.zeros(960_000, dtype=np.int16))
    assert compact(tmp_path).stat().st_size < 30_000


def test_nothing_recorded_cannot_be_compacted(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot be compacted"):
        compact(tmp_path)


def test_wrong_copy_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pcm = speechlike(50_000)
    record(tmp_path, pcm)
    encode = compacting.encode_flac

    def encode_wrongly(pieces, path):  # type: ignore[no-untyped-def]
        return encode((piece ^ 1 for piece in pieces), path)

    monkeypatch.setattr(compacting, "encode_flac", encode_wrongly)
    with pytest.raises(RecordingError, match=r"differs .* the recording itself is kept"):
        compact(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["audio.pcm"]
    assert np.array_equal(RecordingReader(tmp_path).read_pcm(), pcm)


FULL_DISK = """
import resource, sys
from pathlib import Path
from meetcore.audio.compact import compact
from meetcore.errors import RecordingError

resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    compact(Path(sys.argv[1]))
except RecordingError as error:
    print(error)
"""


def test_full_disk_while_compacting_keeps_the_recording(tmp_path: Path) -> None:
    pcm = speechlike(160_000)
    record(tmp_path, pcm)
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path)]
    child = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "cannot be compacted" in child.stdout
    assert [entry.name for entry in tmp_path.iterdir()] == ["audio.pcm"]
    assert np.array_equal(RecordingReader(tmp_path).read_pcm(), pcm)


COMPACTOR = """
import sys, time
from pathlib import Path
from meetcore.audio.compact import compact

def report(done):
    print(done, flush=True)
    time.sleep(0.05)

compact(Path(sys.argv[1]), report)
"""


@pytest.mark.parametrize("killed_at", [0.2, 0.8])
def test_killed_while_compacting_starts_over(tmp_path: Path, killed_at: float) -> None:
    pcm = speechlike(1_600_000)
    record(tmp_path, pcm)
    command = [sys.executable, "-c", COMPACTOR, str(tmp_path)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    while float(child.stdout.readline()) < killed_at:
        pass
    os.kill(child.pid, signal.SIGKILL)
    child.wait(timeout=10)
    child.stdout.close()
    assert np.array_equal(RecordingReader(tmp_path).read_pcm(), pcm)
    compact(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["audio.flac"]
    assert np.array_equal(RecordingReader(tmp_path).read_pcm(), pcm)


def test_reading_goes_on_while_compacting(tmp_path: Path) -> None:
    pcm = speechlike(800_000)
    record(tmp_path, pcm)
    reader = RecordingReader(tmp_path)
    is_done = threading.Event()
    wrong: list[int] = []

    def read_on() -> None:
        while not is_done.is_set():
            if reader.n_samples != pcm.size or not np.array_equal(
                reader.read_pcm(400_000, 401_000), pcm[400_000:401_000]
            ):
                wrong.append(1)

    thread = threading.Thread(target=read_on)
    thread.start()
    compact(tmp_path)
    time.sleep(0.05)
    is_done.set()
    thread.join(timeout=10)
    assert not wrong
