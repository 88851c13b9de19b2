"""The length of a media file as far as it is known before decoding."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

import av
from av.audio.stream import AudioStream
from av.container.input import InputContainer

from meetcore.audio.container_end import announced_bytes, has_fragments
from meetcore.audio.frame_decoding import seconds
from meetcore.audio.media_source import MEDIA_ERRORS, MediaSource
from meetcore.audio.xing_header import counts_frames

logger = logging.getLogger(__name__)

_COUNTING = {"flac"}
"""Formats whose length is a count of samples, and that have no other sign of being cut."""
_ESTIMATING = {"mp3", "aac", "ac3", "eac3", "dts"}
"""Formats without a length: FFmpeg estimates it from the bit rate."""
_LENGTH_BY_SIZE = {"wav", "w64", "caf"}
"""Formats whose stated length FFmpeg shortens to what is there."""
LEAST_BITS_PER_S = 200
"""Less than any codec needs for speech: a length that leaves fewer bits a second is wrong."""


@dataclass(frozen=True, slots=True)
class StatedLength:
    """The length of a media file as far as it is known before decoding."""

    seconds: float
    """0 where the file states what cannot be."""
    exact: bool
    """False where it was estimated, from a bit rate or from time stamps."""
    cut_if_shorter: bool = False
    """Whether audio that ends before has lost its end. False where the file's structure shows that
    it is whole, whatever length it states."""
    breaks_off: bool = False
    """The file's structure shows that its end is missing, but not how long it was: `seconds` is the
    length of what is there."""


def zero_s(container: InputContainer) -> float:
    """Start of the file's earliest track, in seconds of its time stamps."""
    return 0.0 if container.start_time is None else container.start_time / av.time_base


def length_of(
    media: MediaSource, container: InputContainer, streams: Iterable[AudioStream]
) -> StatedLength:
    """Where the last of some audio tracks ends, on the time axis of the file."""
    announced = announced_bytes(media.file, media.size)
    is_cut = announced is not None and announced > media.size
    ends = [_track_end(container, stream) for stream in streams]
    known = [end for end in ends if end is not None]
    if not known and container.duration:
        known = [container.duration / av.time_base]
    if not known:
        span = max(_packet_span(container, stream) for stream in streams)
        return StatedLength(span, exact=False, breaks_off=is_cut)
    length = max(known)
    if announced and is_cut and container.format.name in _LENGTH_BY_SIZE:
        length *= announced / media.size
    if length <= 0 or media.size * 8 / length < LEAST_BITS_PER_S:
        return StatedLength(0.0, exact=False)
    form = container.format.name
    counted = counts_frames(media.file) if form == "mp3" else form in _COUNTING
    in_fragments = is_cut and has_fragments(media.file, media.size)
    return StatedLength(length, form not in _ESTIMATING, counted or is_cut, in_fragments)


def _track_end(container: InputContainer, stream: AudioStream) -> float | None:
    """Where a track ends according to its own header; None where it states nothing."""
    start = seconds(stream.start_time, stream)
    duration = seconds(stream.duration, stream)
    if duration is not None:
        return duration + max(0.0, 0.0 if start is None else start - zero_s(container))
    for key, value in stream.metadata.items():
        if key.upper().startswith("DURATION"):
            return _clock_time(value)
    return None


def _clock_time(text: str) -> float | None:
    """Seconds of a time such as "00:00:11.008000000" (Matroska's tag); None for anything else."""
    try:
        hours, minutes, rest = text.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(rest)
    except ValueError:
        return None


def _packet_span(container: InputContainer, stream: AudioStream) -> float:
    first, end = float("inf"), 0.0
    try:
        container.seek(0)
        for packet in container.demux(stream):
            start = seconds(packet.pts, packet)
            if start is None:
                continue
            first = min(first, start)
            end = max(end, start + (seconds(packet.duration, packet) or 0.0))
    except MEDIA_ERRORS as error:
        logger.info("probing stopped early: %s", type(error).__name__)
    return max(0.0, end - first) if first < float("inf") else 0.0
