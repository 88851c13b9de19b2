"""Checks the audio that a caller brings, and turns any source into a media file."""

from __future__ import annotations

import shutil
from os import PathLike, fspath
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from meetcore.audio.wav_file import write_wav
from meetcore.records import SAMPLE_RATE, Samples
from meetcore.text.names import shown_name

AudioSource = str | PathLike[str] | BinaryIO | npt.NDArray[np.float32]
"""A path, an open binary file, or samples of shape (n_samples,), float32, mono, 16 kHz."""
SAMPLES_NAME = "samples.wav"
EXPECTED = f"expected float32 samples of shape (n_samples,), mono, {SAMPLE_RATE} Hz"


def checked_samples(samples: object, sample_rate: int = SAMPLE_RATE) -> Samples:
    """The samples themselves, if models can use them as they are.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float32 in [-1, 1], 16 kHz
    sample_rate : of the samples, in Hz

    Raises
    ------
    ValueError
        Another type, dtype, shape or rate, or values that are not finite; the message says what
        was given and what is expected.

    Examples
    --------
    >>> checked_samples(np.zeros(3, dtype=np.float64))
    Traceback (most recent call last):
    ValueError: The dtype is float64; expected float32 samples of shape (n_samples,), mono, 16000 Hz
    """
    if not isinstance(samples, np.ndarray):
        raise ValueError(f"This is a {type(samples).__name__}; {EXPECTED} in a numpy array")
    if samples.dtype != np.float32:
        raise ValueError(f"The dtype is {samples.dtype}; {EXPECTED}")
    if samples.ndim != 1:
        raise ValueError(f"The shape is {samples.shape}; {EXPECTED}")
    if sample_rate != SAMPLE_RATE:
        raise ValueError(f"The sample rate is {sample_rate} Hz; {EXPECTED}: resample it first")
    if not np.isfinite(samples).all():
        raise ValueError(f"Some values are NaN or infinite; {EXPECTED}, in [-1, 1]")
    return samples


def as_file(source: AudioSource, folder: Path, sample_rate: int) -> Path:
    """The path of a media file with the audio of `source`; a copy in `folder` if it is none yet.

    Raises
    ------
    ValueError
        Samples that `checked_samples` refuses.
    TypeError
        `source` is none of the kinds of AudioSource, or a file opened in text mode.
    """
    if isinstance(source, str | PathLike):
        return Path(fspath(source))
    if isinstance(source, np.ndarray):
        path = folder / SAMPLES_NAME
        write_wav(checked_samples(source, sample_rate), path)
        return path
    read = getattr(source, "read", None)
    if read is None or isinstance(read(0), str):
        raise TypeError(
            f"The source is a {type(source).__name__}; give a path, a file opened in binary mode,"
            " or samples in a numpy array."
        )
    seekable = getattr(source, "seekable", None)
    if seekable is not None and seekable():
        source.seek(0)
    given = getattr(source, "name", "")
    path = folder / shown_name(given if isinstance(given, str) else "")
    with path.open("wb") as file:
        shutil.copyfileobj(source, file)
    return path
