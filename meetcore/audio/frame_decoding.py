"""Decodes the frames of one audio track, past places that are damaged."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Iterator

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container.input import InputContainer
from av.packet import Packet

from meetcore.audio.media_report import TrackReport
from meetcore.audio.media_source import MEDIA_ERRORS
from meetcore.audio.unsupported import LOWEST_HZ, refuse_encrypted

logger = logging.getLogger(__name__)

_MOST_READ_ERRORS = 20
"""Reading goes on so often after a part of the file that cannot be read."""


def decoded_frames(
    container: InputContainer, stream: AudioStream, name: str, report: TrackReport
) -> Iterator[AudioFrame]:
    """The frames of a track in the order of the file; damaged ones are counted and left out.

    Raises
    ------
    AudioDecodeError
        The track is encrypted.
    """
    n_errors = 0
    for packet in _packets(container, stream):
        frames: list[AudioFrame] = []
        if packet is not None:
            refuse_encrypted(packet, stream, name)
            _note_end(packet, report)
        try:
            # Asked with None, the decoder gives what it holds back.
            frames = [] if packet is None else stream.decode(packet)
        except MEDIA_ERRORS:
            packet = None
        if packet is None:
            n_errors += 1
            continue
        for frame in frames:
            if frame.samples and frame.sample_rate >= LOWEST_HZ:
                report.n_damaged += n_errors > 0
                n_errors = 0
                _survive_layout(frame)
                yield frame
    report.n_damaged_at_end = n_errors


def _survive_layout(frame: AudioFrame) -> None:
    """Keep a layout that lists its speakers from being freed twice, as PyAV 18.1 does.

    That would end the process. What is lost is about 100 bytes a frame, in rare files: those where
    the decoder makes such a layout, as for some surround sound in AAC.
    """
    if frame.layout.nb_channels > 2 and " channels (" in frame.layout.name:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(frame.layout))


def seconds(
    ticks: int | None, timed: AudioFrame | Packet[AudioStream] | AudioStream
) -> float | None:
    """A time in ticks of a frame's, packet's or track's time base, in seconds."""
    base = timed.time_base
    if ticks is None or not base:
        return None
    return ticks * base.numerator / base.denominator


def _packets(
    container: InputContainer, stream: AudioStream
) -> Iterator[Packet[AudioStream] | None]:
    """The packets of a track, the empty one that ends it too; None for each that is unreadable."""
    n_errors = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except MEDIA_ERRORS as error:
            yield None
            n_errors += 1
            if n_errors >= _MOST_READ_ERRORS:
                logger.info("reading a media file ended early: %s", type(error).__name__)
                return
            packets = container.demux(stream)
            continue
        yield packet


def _note_end(packet: Packet[AudioStream], report: TrackReport) -> None:
    start = seconds(packet.pts, packet)
    if start is not None:
        end = start + (seconds(packet.duration, packet) or 0.0) - report.zero_s
        report.end_s = max(report.end_s, end)
