"""Says what a damaged recording on disk has lost."""

from __future__ import annotations

from pathlib import Path

import av

from meetcore.audio.flac import flac_n_samples, intact_n_samples
from meetcore.audio.pcm_file import FLAC_NAME, PCM_NAME, recording_error
from meetcore.records import SAMPLE_RATE


def missing_end(directory: Path) -> str:
    """How much of a compacted recording is missing, in one sentence; empty where nothing is.

    Raises
    ------
    RecordingError
        The FLAC file is damaged at its start, or the disk cannot be read.
    """
    path = directory / FLAC_NAME
    if (directory / PCM_NAME).exists() or not path.exists():
        return ""
    try:
        n_samples, stated = intact_n_samples(path), flac_n_samples(path)
    except (OSError, av.FFmpegError) as error:
        raise recording_error("read", directory, error) from error
    if n_samples and not stated:
        return "The recording's file is damaged at its start; what could be read is here."
    if n_samples >= stated:
        return ""
    return (
        f"The recording's file breaks off after {n_samples / SAMPLE_RATE:.0f} of"
        f" {stated / SAMPLE_RATE:.0f} s; what is left of it is here."
    )
