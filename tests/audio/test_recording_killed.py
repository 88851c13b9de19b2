"""A process that records in real time is killed with SIGKILL, and its audio is still there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from meetcore.audio.compact import compact
from meetcore.audio.recording import RecordingReader, RecordingWriter
from meetcore.records import SAMPLE_RATE

FSYNC_S = 0.5
CHUNK_SAMPLES = 320

RECORDER = f"""
import sys, time
from pathlib import Path
import numpy as np
from meetcore.audio.recording import RecordingWriter

writer = RecordingWriter(Path(sys.argv[1]), fsync_s={FSYNC_S})
started = time.monotonic()
for index in range(10_000):
    time.sleep(max(0.0, started + index * 0.02 - time.monotonic()))
    writer.append((np.arange({CHUNK_SAMPLES}) + index).astype(np.int16))
    print(writer.n_samples, flush=True)
"""


def test_killed_recorder_loses_at_most_the_sync_interval(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", RECORDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    n_accepted = 0
    deadline = time.monotonic() + 60.0
    while n_accepted < 2 * SAMPLE_RATE and time.monotonic() < deadline:
        n_accepted = int(child.stdout.readline())
    os.kill(child.pid, signal.SIGKILL)
    rest = child.stdout.read().split()
    assert child.wait(timeout=10) == -signal.SIGKILL
    n_accepted = int(rest[-1]) if rest else n_accepted

    reader = RecordingReader(tmp_path)
    assert reader.n_samples >= n_accepted - FSYNC_S * SAMPLE_RATE
    # Stronger than documented: the page cache survives the process, so nothing is lost.
    assert n_accepted <= reader.n_samples <= n_accepted + CHUNK_SAMPLES
    n_chunks = reader.n_samples // CHUNK_SAMPLES
    expected = np.concatenate([np.arange(CHUNK_SAMPLES) + i for i in range(n_chunks)])
    assert np.array_equal(reader.read_pcm(0, n_chunks * CHUNK_SAMPLES), expected.astype(np.int16))

    writer = RecordingWriter(tmp_path, fsync_s=FSYNC_S)
    writer.append(np.zeros(CHUNK_SAMPLES, dtype=np.int16))
    writer.close()
    compact(tmp_path)
    assert reader.n_samples == writer.n_samples
