"""Encodes and decodes FLAC, int16 mono 16 kHz: lossless, half the size, played by every browser.

FLAC rather than Opus, so that a second pass can run again on exactly what was recorded.
Source of the format: RFC 9639.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame

from meetcore.audio.pcm import Pcm
from meetcore.records import SAMPLE_RATE

_TICK = Fraction(1, SAMPLE_RATE)


def encode_flac(pieces: Iterable[Pcm], path: Path) -> None:
    """Write the pieces, in order, as one FLAC file.

    Parameters
    ----------
    pieces : each np.ndarray, shape (n_samples,), int16, 16 kHz

    Raises
    ------
    av.FFmpegError, OSError
        The file cannot be written; a part of it may be left.
    """
    n_samples = 0
    with av.open(str(path), mode="w", format="flac") as container:
        stream = container.add_stream("flac", rate=SAMPLE_RATE)
        stream.codec_context.layout = "mono"
        stream.codec_context.format = "s16"
        for piece in pieces:
            if piece.size == 0:
                continue
            frame = AudioFrame.from_ndarray(piece.reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, n_samples, _TICK
            container.mux(stream.encode(frame))
            n_samples += piece.size
        container.mux(stream.encode(None))


def flac_n_samples(path: Path) -> int:
    """The number of samples according to the file's header; 0 for a file without any.

    Raises
    ------
    av.FFmpegError, OSError
        The file is missing or is not FLAC.
    """
    with av.open(str(path), mode="r", format="flac") as container:
        return int(container.streams.audio[0].duration or 0)


def decode_flac(path: Path, start_sample: int = 0, stop_sample: int | None = None) -> Iterator[Pcm]:
    """The samples from start to stop (None: to the end), in pieces; seeks to the start.

    Yields
    ------
    np.ndarray, shape (n_samples,), int16, 16 kHz

    Raises
    ------
    av.FFmpegError, OSError
        The file is missing, not FLAC, or damaged.
    """
    with av.open(str(path), mode="r", format="flac") as container:
        stream = container.streams.audio[0]
        if start_sample:
            container.seek(start_sample, stream=stream)
        for frame in container.decode(stream):
            first = int(frame.pts or 0)
            if stop_sample is not None and first >= stop_sample:
                return
            piece = frame.to_ndarray().reshape(-1).astype(np.int16, copy=False)
            stop = piece.size if stop_sample is None else stop_sample - first
            piece = piece[max(start_sample - first, 0) : stop]
            if piece.size:
                yield piece
