"""Compresses a finished recording to one FLAC file, and restores the raw file to continue it."""

from __future__ import annotations

import errno
import itertools
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np

from meetcore.audio.flac import decode_flac, encode_flac, flac_n_samples
from meetcore.audio.pcm import Pcm
from meetcore.audio.pcm_file import (
    FLAC_NAME,
    PCM_NAME,
    open_for_append,
    raw_n_samples,
    read_raw,
    recording_error,
    sync_directory,
    sync_file,
    write_raw,
)
from meetcore.errors import RecordingError
from meetcore.private_files import mend
from meetcore.records import SAMPLE_RATE

logger = logging.getLogger(__name__)

_PIECE_SAMPLES = 10 * SAMPLE_RATE

Progress = Callable[[float], None]
"""Called with the fraction done, 0 to 1."""


def compact(directory: Path, progress: Progress | None = None) -> Path:
    """Compress a recording to `audio.flac` and give its path; at once if that is done already.

    The raw file is removed only after the FLAC file has been decoded and found equal, sample by
    sample. A process killed in between leaves the raw file, and compacting starts over.
    No writer may be open.

    Raises
    ------
    RecordingError
        Nothing was recorded, the disk is full, or the copy differs. The raw file is kept; the
        call may be repeated.
    """
    target, part = directory / FLAC_NAME, directory / f"{FLAC_NAME}.part"
    report = progress or (lambda done: None)
    try:
        if not (directory / PCM_NAME).exists() and target.exists():
            return target
        n_samples = raw_n_samples(directory)
        encode_flac(_raw_pieces(directory, lambda done: report(done * 0.7)), part)
        _verify(directory, part, lambda done: report(0.7 + done * 0.3))
        mend([part])
        sync_file(part)
        part.replace(target)
        sync_directory(directory)
        (directory / PCM_NAME).unlink()
    except (OSError, av.FFmpegError) as error:
        raise recording_error("compacted", directory, error) from error
    finally:
        part.unlink(missing_ok=True)
    logger.info("compacted %d samples in %s", n_samples, directory.name)
    report(1.0)
    return target


def restore_pcm(directory: Path) -> None:
    """Restore the raw file of a compacted recording; nothing to do where there is one already.

    Raises
    ------
    OSError, av.FFmpegError
        The disk is full, or the FLAC file is damaged. The FLAC file is kept.
    """
    source, target = directory / FLAC_NAME, directory / PCM_NAME
    if target.exists() or not source.exists():
        return
    part = directory / f"{PCM_NAME}.part"
    part.unlink(missing_ok=True)
    file = open_for_append(part)
    try:
        n_samples = 0
        for piece in decode_flac(source, strict=True):
            write_raw(file, piece)
            n_samples += piece.size
        if n_samples != flac_n_samples(source):
            raise av.InvalidDataError(errno.EINVAL, "its end is missing", str(source))
        os.fsync(file)
    finally:
        os.close(file)
    part.replace(target)
    sync_directory(directory)
    source.unlink()


def _raw_pieces(directory: Path, progress: Progress) -> Iterator[Pcm]:
    n_samples = raw_n_samples(directory)
    for start in range(0, n_samples, _PIECE_SAMPLES):
        yield read_raw(directory, start, start + _PIECE_SAMPLES)
        progress(min(start + _PIECE_SAMPLES, n_samples) / n_samples)


def _verify(directory: Path, copy: Path, progress: Progress) -> None:
    """Compare a FLAC copy with the raw file piece by piece; raise RecordingError if they differ."""
    position, n_samples = 0, raw_n_samples(directory)
    is_equal = flac_n_samples(copy) == n_samples
    for decoded in _batched(decode_flac(copy, strict=True)):
        raw = read_raw(directory, position, position + decoded.size)
        is_equal = is_equal and np.array_equal(raw, decoded)
        position += decoded.size
        progress(min(position / max(n_samples, 1), 1.0))
    if not is_equal or position != n_samples:
        raise RecordingError(
            f"The compact copy of the recording in {directory} differs from it and was thrown away;"
            " the recording itself is kept. Check the disk, then finish the meeting again."
        )


def _batched(pieces: Iterator[Pcm], n_pieces: int = 128) -> Iterator[Pcm]:
    while batch := list(itertools.islice(pieces, n_pieces)):
        yield np.concatenate(batch)
