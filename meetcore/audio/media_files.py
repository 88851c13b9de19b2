"""Decodes media files and uploads to mono float32 16 kHz, lazily, with PyAV."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container.input import InputContainer

from meetcore.audio.frames import FrameConverter
from meetcore.audio.pcm import Pcm, empty_pcm, to_samples
from meetcore.audio.unsupported import refuse_archive, refuse_encrypted, refuse_low_rate
from meetcore.errors import AudioDecodeError
from meetcore.records import SAMPLE_RATE, Samples

logger = logging.getLogger(__name__)

Source = Path | str | BinaryIO
"""A path, or an open, seekable binary file (a Streamlit upload is one)."""
_ESTIMATING = {"mp3", "aac", "ac3", "eac3", "dts"}
"""Formats without a length: FFmpeg estimates it from the bit rate."""


def iter_audio(
    source: Source, chunk_samples: int = SAMPLE_RATE, name: str | None = None
) -> Iterator[Samples]:
    """The audio of a media file in chunks of equal length; the last one may be shorter.

    The audio track that the container marks as best is read. Values are rounded to int16, so that
    a file decoded directly and one stored first give the same samples. A truncated or damaged
    file gives what can be decoded; one without any sample gives no chunk.

    Parameters
    ----------
    source : Path, str or binary file
    chunk_samples : int
        Length of a chunk.
    name : str, optional
        The file's name in messages; its own where none is given.

    Yields
    ------
    np.ndarray, shape (chunk_samples,), float32, 16 kHz

    Raises
    ------
    AudioDecodeError
        At the first chunk: the file is missing, empty, encrypted, no media file, has no audio
        track, or nothing in it can be decoded. The message says which, and what to do.
    """
    with _opened(source, name) as (container, stream, name):
        for pcm in _rechunked(_converted(container, stream, name), chunk_samples):
            yield to_samples(pcm)


def read_audio(source: Source) -> Samples:
    """The whole audio of a short file; use `iter_audio` for anything longer than minutes.

    Returns
    -------
    np.ndarray, shape (n_samples,), float32, 16 kHz

    Raises
    ------
    AudioDecodeError
        As `iter_audio`.
    """
    return np.concatenate([to_samples(empty_pcm()), *iter_audio(source)])


@dataclass(frozen=True, slots=True)
class StatedLength:
    """The length of a media file as far as it is known before decoding."""

    seconds: float
    exact: bool
    """False where it was estimated, from a bit rate or from time stamps."""


def stated_length(source: Source, name: str | None = None) -> StatedLength:
    """The length that a file states, or else the span of its packets' time stamps.

    Browsers' own recordings (WebM from MediaRecorder) state none.

    Raises
    ------
    AudioDecodeError
        As `iter_audio`.
    """
    with _opened(source, name) as (container, stream, _):
        exact = container.format.name not in _ESTIMATING
        if stream.duration is not None and stream.time_base is not None:
            return StatedLength(float(stream.duration * stream.time_base), exact)
        if container.duration:
            return StatedLength(float(container.duration / av.time_base), exact)
        return StatedLength(_packet_span(container, stream), exact=False)


def _packet_span(container: InputContainer, stream: AudioStream) -> float:
    starts: list[float] = []
    end = 0.0
    try:
        for packet in container.demux(stream):
            if packet.pts is None or packet.time_base is None:
                continue
            starts.append(float(packet.pts * packet.time_base))
            end = max(end, starts[-1] + float((packet.duration or 0) * packet.time_base))
    except av.FFmpegError as error:
        logger.warning("probing stopped early: %s", error)
    return end - min(starts) if starts else 0.0


@contextmanager
def _opened(
    source: Source, called: str | None = None
) -> Iterator[tuple[InputContainer, AudioStream, str]]:
    """The open container, its best audio track, and the file's name for messages."""
    name = called or _name_of(source)
    path = Path(source) if isinstance(source, str | Path) else None
    try:
        file = path.open("rb") if path is not None else cast(BinaryIO, source)
        is_empty = file.seek(0, 2) == 0
        file.seek(0)
    except OSError as error:
        raise AudioDecodeError(
            f"{name} cannot be opened ({error.strerror}). Check that it exists and is readable."
        ) from error
    try:
        if is_empty:
            raise AudioDecodeError(f"{name} is empty (0 bytes). Record or upload it again.")
        with _open_container(file, name) as container:
            stream = cast(AudioStream | None, container.streams.best("audio"))
            if stream is None:
                raise AudioDecodeError(f"{name} has no audio track. Choose a file with sound.")
            refuse_low_rate(stream, name)
            yield container, stream, name
    finally:
        if path is not None:
            file.close()


def _open_container(file: BinaryIO, name: str) -> InputContainer:
    try:
        # Playlists (HLS, concat) are media too: without any protocol they cannot make the decoder
        # read other files of this machine, or the network.
        return av.open(file, mode="r", container_options={"protocol_whitelist": "none"})
    except (av.FFmpegError, ValueError) as error:
        refuse_archive(file, name)
        raise AudioDecodeError(
            f"{name} is not a media file that can be read, or it is damaged at its start."
            " Export it as WAV, MP3, M4A or WebM and try again."
        ) from error


def _converted(container: InputContainer, stream: AudioStream, name: str) -> Iterator[Pcm]:
    converter = FrameConverter()
    n_samples = n_errors = 0
    for frame in _decoded(container, stream, name):
        try:
            pcm = None if frame is None else converter.convert(frame)
        except AudioDecodeError:
            pcm = None
        if pcm is None:
            n_errors += 1
            continue
        n_samples += pcm.size
        yield pcm
    tail = converter.flush()
    if n_errors:
        logger.warning("%d damaged places in a media file were left out", n_errors)
    if n_errors and n_samples + tail.size == 0:
        raise AudioDecodeError(
            f"The audio of {name} cannot be decoded. Export it as WAV or MP3 and try again."
        )
    yield tail


def _decoded(
    container: InputContainer, stream: AudioStream, name: str
) -> Iterator[AudioFrame | None]:
    """Frames in order; None for each place that is damaged."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.FFmpegError:
            yield None
            break
        refuse_encrypted(packet, stream, name)
        try:
            yield from stream.decode(packet)
        except av.FFmpegError:
            yield None
    # The file ended without a flush: ask the decoder for the frames that it holds back.
    try:
        yield from stream.decode(None)
    except av.FFmpegError:
        yield None


def _rechunked(pieces: Iterator[Pcm], chunk_samples: int) -> Iterator[Pcm]:
    """The same samples in chunks of `chunk_samples`; the last one may be shorter."""
    waiting: list[Pcm] = []
    n_waiting = 0
    for piece in pieces:
        waiting.append(piece)
        n_waiting += piece.size
        if n_waiting < chunk_samples:
            continue
        joined = np.concatenate(waiting)
        n_whole = joined.size - joined.size % chunk_samples
        for start in range(0, n_whole, chunk_samples):
            yield joined[start : start + chunk_samples]
        waiting, n_waiting = [joined[n_whole:]], joined.size - n_whole
    if n_waiting:
        yield np.concatenate(waiting)


def _name_of(source: Source) -> str:
    if isinstance(source, str | Path):
        return Path(source).name or str(source)
    given = getattr(source, "name", "")
    return Path(given).name if isinstance(given, str) and given else "The upload"
