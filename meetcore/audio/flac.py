"""Encodes and decodes FLAC, int16 mono 16 kHz: lossless, half the size, played by every browser.

FLAC rather than Opus, so that a second pass can run again on exactly what was recorded.
Source of the format: RFC 9639.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container.input import InputContainer
from av.packet import Packet

from meetcore.audio.flac_frames import block_size, first_sample, frames_between
from meetcore.audio.pcm import Pcm
from meetcore.records import SAMPLE_RATE

_TICK = Fraction(1, SAMPLE_RATE)
_REFUSE_NOISE = {"err_detect": "crccheck+explode"}
"""A damaged frame is an error; otherwise it would be decoded to noise."""


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


def intact_n_samples(path: Path) -> int:
    """Where the last sample lies that can be decoded; less than the header says in a cut file.

    Raises
    ------
    av.FFmpegError, OSError
        The file is missing or is not FLAC.
    """
    state = path.stat()
    return _intact_n_samples(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=64)
def _intact_n_samples(path: Path, size: int, changed_ns: int) -> int:
    stated = flac_n_samples(path)
    if stated and any(piece.size for piece in decode_flac(path, stated - 1)):
        return stated
    n_samples = sum(piece.size for piece in decode_flac(path))
    if n_samples == 0 and not _begins_as_flac(path):
        raise av.InvalidDataError(errno.EINVAL, "no frame of the file is left", str(path))
    return n_samples


def _begins_as_flac(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"fLaC"


def decode_flac(
    path: Path, start_sample: int = 0, stop_sample: int | None = None, *, strict: bool = False
) -> Iterator[Pcm]:
    """The samples from start to stop (None: to the end), in pieces; seeks to the start.

    Samples of a damaged place are 0, so that those after it keep their place; a file that was cut
    ends early.

    Parameters
    ----------
    strict : raise at the first damaged place instead

    Yields
    ------
    np.ndarray, shape (n_samples,), int16, 16 kHz

    Raises
    ------
    av.FFmpegError, OSError
        The file is missing or not FLAC, or `strict` and damaged.
    """
    position, is_further = start_sample, False
    with av.open(str(path), mode="r", format="flac") as container:
        stream = container.streams.audio[0]
        if start_sample:
            with suppress(av.FFmpegError):  # a cut file may have no such place
                container.seek(start_sample, stream=stream)
        n_samples = int(stream.duration or 0) or None
        stop = min(filter(None, (stop_sample, n_samples)), default=None)
        for first, piece in _placed(container, stream, strict):
            if stop is not None and first >= stop:
                is_further = True
                break
            if first > position:
                if strict:
                    raise av.InvalidDataError(errno.EINVAL, "a frame is missing", str(path))
                yield _gap(path, stream, position, first)
                position = first
            end = piece.size if stop is None else stop - first
            piece = piece[position - first : end]
            if piece.size:
                yield piece
                position += piece.size
        if not strict and (stop is None or position < stop):
            rest = _gap(path, stream, position, stop if is_further else None)
            rest = rest if stop is None else rest[: stop - position]
            if rest.size:
                yield rest


def _placed(
    container: InputContainer, stream: AudioStream, strict: bool
) -> Iterator[tuple[int, Pcm]]:
    """Decoded pieces and the sample each begins at; damaged ones are left out."""
    stream.codec_context.options = _REFUSE_NOISE
    usual = block_size(stream.codec_context.extradata or b"")
    for packet in container.demux(stream):
        try:
            frames = stream.decode(packet)
        except av.FFmpegError:
            if strict:
                raise
            # Its later frames would come with its time, that of the damaged one.
            stream.codec_context.flush_buffers()
            continue
        # The time of a packet of several frames may be that of any of them: `_gap` finds those.
        first = first_sample(bytes(packet), usual)
        if first is not None and [frame.pts for frame in frames] == [first]:
            yield first, _pcm(frames)


def _pcm(frames: list[AudioFrame]) -> Pcm:
    pieces = [frame.to_ndarray().reshape(-1).astype(np.int16, copy=False) for frame in frames]
    return np.concatenate([np.zeros(0, np.int16), *pieces])


def _gap(path: Path, stream: AudioStream, start: int, stop: int | None) -> Pcm:
    """The samples of a damaged place: those of its intact frames, and 0 between them.

    Without a stop, they end with the last intact frame.
    """
    found: list[tuple[int, Pcm]] = []
    with path.open("rb") as file:
        for place in frames_between(path, start, stop):
            file.seek(place.start)
            pcm = _alone(stream, file.read(place.end - place.start))
            skip = max(0, start - place.first_sample)
            found.append((place.first_sample + skip - start, pcm[skip:]))
    size = max((at + pcm.size for at, pcm in found if pcm.size), default=0)
    samples = np.zeros(size if stop is None else stop - start, np.int16)
    for at, pcm in found:
        part = samples[at : at + pcm.size]
        part[:] = pcm[: part.size]
    return samples


def _alone(stream: AudioStream, frame: bytes) -> Pcm:
    """The samples of one frame; none where it is damaged."""
    # The stream's own decoder may still hold frames of a damaged packet.
    decoder = AudioCodecContext.create("flac", "r")
    decoder.extradata = stream.codec_context.extradata
    decoder.options = _REFUSE_NOISE
    try:
        return _pcm([*decoder.decode(Packet(frame)), *decoder.decode(None)])
    except av.FFmpegError:
        return _pcm([])
