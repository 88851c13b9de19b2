"""How the raw recording lies on disk: headerless int16 little-endian, only ever appended to."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from meetcore.audio.pcm import Pcm
from meetcore.errors import RecordingError

PCM_NAME = "audio.pcm"
FLAC_NAME = "audio.flac"
_BYTES_PER_SAMPLE = 2
_STORED = np.dtype("<i2")


def open_for_append(path: Path) -> int:
    """A file descriptor whose every write goes to the end of the file, which is made if missing."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    return os.open(path, flags, 0o644)


def write_raw(file: int, pcm: Pcm) -> None:
    """Append all samples; the system may take a write in several parts."""
    rest = memoryview(pcm.astype(_STORED, copy=False).tobytes())
    while rest:
        rest = rest[os.write(file, rest) :]


def cut_to(file: int, n_samples: int) -> None:
    """Drop whatever lies behind the first `n_samples`, such as half a sample."""
    os.ftruncate(file, n_samples * _BYTES_PER_SAMPLE)


def raw_n_samples(directory: Path) -> int:
    """Whole samples in the raw file; raises FileNotFoundError where there is none."""
    return (directory / PCM_NAME).stat().st_size // _BYTES_PER_SAMPLE


def read_raw(directory: Path, start_sample: int, stop_sample: int | None) -> Pcm:
    """Samples from start to stop (None: to the end); raises FileNotFoundError without a file."""
    size = -1 if stop_sample is None else (stop_sample - start_sample) * _BYTES_PER_SAMPLE
    with (directory / PCM_NAME).open("rb") as file:
        file.seek(start_sample * _BYTES_PER_SAMPLE)
        content = file.read(size)
    n_samples = len(content) // _BYTES_PER_SAMPLE
    return np.frombuffer(content, dtype=_STORED, count=n_samples).astype(np.int16)


def sync_file(path: Path) -> None:
    """Wait until a file that was written and closed is on the disk itself."""
    file = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(file)
    finally:
        os.close(file)


def sync_directory(directory: Path) -> None:
    """Make new, renamed and removed names in a folder last through a power cut."""
    if os.name == "nt":  # Windows opens no folders; its journal keeps names by itself.
        return
    file = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def recording_error(verb: str, directory: Path, error: Exception) -> RecordingError:
    """The one sentence, and the next step, for a recording that cannot be written or read."""
    reason = getattr(error, "strerror", None) or str(error)
    return RecordingError(
        f"The recording in {directory} cannot be {verb} ({reason})."
        " Check the free space and the access rights there, then try again."
    )
