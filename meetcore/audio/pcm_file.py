"""File operations on the raw recording: headerless int16 little-endian, only appended to."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from meetcore.audio.pcm import Pcm
from meetcore.errors import RecordingError
from meetcore.private_files import FILE_MODE

PCM_NAME = "audio.pcm"
FLAC_NAME = "audio.flac"
_BYTES_PER_SAMPLE = 2
_STORED = np.dtype("<i2")


def open_for_append(path: Path) -> int:
    """A file descriptor that only appends; the file is made if missing. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    return os.open(path, flags, FILE_MODE)


def write_raw(file: int, pcm: Pcm) -> None:
    """Append all samples; raises OSError, when a part of them may have been written.

    Parameters
    ----------
    pcm : np.ndarray, shape (n_samples,), int16, 16 kHz
    """
    # The system may accept only a part of a write.
    rest = memoryview(pcm.astype(_STORED, copy=False).tobytes())
    while rest:
        rest = rest[os.write(file, rest) :]


def cut_to(file: int, n_samples: int) -> None:
    """Truncate to the first `n_samples`; drops half a sample at the end, too. Raises OSError."""
    os.ftruncate(file, n_samples * _BYTES_PER_SAMPLE)


def raw_n_samples(directory: Path) -> int:
    """The number of whole samples in the raw file; raises FileNotFoundError without a file."""
    return (directory / PCM_NAME).stat().st_size // _BYTES_PER_SAMPLE


def read_raw(directory: Path, start_sample: int, stop_sample: int | None) -> Pcm:
    """Samples of the raw file from start to stop (None: to the end).

    Returns
    -------
    np.ndarray, shape (n_samples,), int16, 16 kHz
        Shorter where the file ends before `stop_sample`.

    Raises
    ------
    FileNotFoundError, OSError
        There is no raw file, or it cannot be read.
    """
    size = -1 if stop_sample is None else (stop_sample - start_sample) * _BYTES_PER_SAMPLE
    with (directory / PCM_NAME).open("rb") as file:
        file.seek(start_sample * _BYTES_PER_SAMPLE)
        content = file.read(size)
    n_samples = len(content) // _BYTES_PER_SAMPLE
    return np.frombuffer(content, dtype=_STORED, count=n_samples).astype(np.int16)


def sync_file(path: Path) -> None:
    """Flush a closed file from the system's cache to the disk. Raises OSError."""
    file = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(file)
    finally:
        os.close(file)


def sync_directory(directory: Path) -> None:
    """Flush a folder's list of names to the disk, so that a power cut cannot undo a rename."""
    if os.name == "nt":  # Windows opens no folders; its journal keeps names by itself.
        return
    file = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def recording_error(verb: str, directory: Path, error: Exception) -> RecordingError:
    """A RecordingError that says what cannot be done with a recording, why, and what to do."""
    # The media library's errors for damaged files are ValueError or EOFError.
    if isinstance(error, ValueError | EOFError):
        return RecordingError(
            f"The recording in {directory} cannot be {verb}: its file is damaged."
            " Copy it back from a backup if there is one."
        )
    reason = getattr(error, "strerror", None) or str(error)
    return RecordingError(
        f"The recording in {directory} cannot be {verb} ({reason})."
        " Check the free space and the access rights there, then try again."
    )
