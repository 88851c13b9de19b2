"""Decodes the audio tracks of one media file together, to int16 mono 16 kHz."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.stream import Discard

from meetcore.audio.block_levels import BlockLevels
from meetcore.audio.channel_mixer import BLOCKS_PER_S, ChannelMixer, Mono
from meetcore.audio.frame_decoding import decoded_frames
from meetcore.audio.media_length import zero_s
from meetcore.audio.media_report import SILENT_PEAK, MediaReport, TrackReport
from meetcore.audio.media_source import MediaSource
from meetcore.audio.mono_stream import planar
from meetcore.audio.pcm import Pcm, rechunked, to_pcm
from meetcore.audio.source_gain import (
    CLIPPED_LOSSY_PEAK,
    FIRST_LOOK_S,
    IN_RANGE,
    LOUD_S,
    decibels,
    gain_for,
    is_coarse,
    is_lossless,
    peak_of,
)
from meetcore.audio.track_choice import TrackChoice, choose_tracks
from meetcore.audio.track_reader import TrackReader
from meetcore.errors import AudioDecodeError
from meetcore.records import SAMPLE_RATE

LOUD_DB = -50
"""Level of a track that is neither silence nor hiss (`BlockLevels`)."""
FAR_LOUDER_DB = 40
"""A track left out that is so much louder than all others is what the file was made for."""


def decoded_pcm(media: MediaSource, longest_s: float, report: MediaReport) -> Iterator[Pcm]:
    """The audio of a media file in pieces of about a second.

    Parameters
    ----------
    longest_s : no silence is filled in beyond this length
    report : filled on the way

    Yields
    ------
    np.ndarray, shape (n_samples,), int16, 16 kHz

    Raises
    ------
    AudioDecodeError
        At the first piece: the file cannot be used; the message says why.
    """
    indexes = _mixed_tracks(media, report)
    gain = _gain(media, indexes)
    report.gain_db = decibels(gain)
    n_samples = 0
    with ExitStack() as stack:
        # A container for each track: one alone would have to hold back the tracks that the file
        # stores first, without a bound.
        readers = [stack.enter_context(_reader(media, i, longest_s, report)) for i in indexes]
        for piece in _mixed(readers) if len(readers) > 1 else readers[0]:
            n_samples += piece.size
            yield to_pcm(piece if gain == 1.0 else piece * np.float32(gain))
    if n_samples == 0:
        media.refuse_unfinished()
    if n_samples == 0 and any(track.n_damaged_at_end for track in report.tracks):
        raise AudioDecodeError(
            f"The audio of {media.name} cannot be decoded. Export it as WAV or MP3 and try again."
        )


def _mixed_tracks(media: MediaSource, report: MediaReport) -> tuple[int, ...]:
    """Indexes of the tracks to mix, by their marks and, where one was left out, their levels."""
    with media.container() as container:
        streams = media.audio_streams(container)
        choice = choose_tracks(streams)
        report.n_undecodable = len(container.streams.audio) - len(streams)
    mixed = choice.mixed
    if choice.left_out:
        mixed = _with_far_louder(media, choice)
    report.n_left_out = sum(index not in mixed for index in choice.left_out)
    return mixed


def _with_far_louder(media: MediaSource, choice: TrackChoice) -> tuple[int, ...]:
    """The tracks to mix, and the first one left out that is far louder than these."""
    own_db = max(_level_db(media, index, LOUD_DB) for index in choice.mixed)
    if own_db >= LOUD_DB:
        return choice.mixed
    # Voices before hiss: beside digital silence, either is far louder.
    least_db = own_db + FAR_LOUDER_DB
    needed = (max(LOUD_DB, least_db), least_db)
    for needed_db, index in itertools.product(needed, choice.left_out):
        if _level_db(media, index, needed_db) >= needed_db:
            kept = choice.mixed if any(_has_sound(media, i) for i in choice.mixed) else ()
            return (*kept, index)
    return choice.mixed


def _level_db(media: MediaSource, index: int, enough_db: float) -> float:
    """The level of what is loud in a track; decoding ends where `enough_db` is reached."""
    levels = BlockLevels()
    with _frames(media, index) as (_, frames):
        for frame in frames:
            levels.add(planar(frame), frame.sample_rate)
            if levels.seconds_from(enough_db) >= LOUD_S:
                break
        else:
            return levels.reached_for(LOUD_S)
    return enough_db


def _has_sound(media: MediaSource, index: int) -> bool:
    with _frames(media, index) as (_, frames):
        return peak_of(frames, enough=SILENT_PEAK) > SILENT_PEAK


def _gain(media: MediaSource, indexes: Sequence[int]) -> float:
    """The gain for all tracks together, from the loudest one."""
    return gain_for(max(_peak(media, index) for index in indexes))


def _peak(media: MediaSource, index: int) -> float:
    """The peak of a track; IN_RANGE without a search where int16 holds it as it is."""
    with _frames(media, index) as (stream, frames):
        if is_coarse(stream):
            return IN_RANGE
        if is_lossless(stream):
            return peak_of(frames)
        peak = peak_of(frames, FIRST_LOOK_S)
    if IN_RANGE <= peak < CLIPPED_LOSSY_PEAK:
        return IN_RANGE
    with _frames(media, index) as (_, frames):
        return peak_of(frames)


@contextmanager
def _frames(
    media: MediaSource, index: int, report: TrackReport | None = None
) -> Iterator[tuple[AudioStream, Iterator[AudioFrame]]]:
    """A track and its frames, from a container of its own."""
    report = TrackReport() if report is None else report
    with media.container() as container:
        for other in container.streams:
            if other.index != index:
                other.discard = Discard.all
        stream = next(s for s in media.audio_streams(container) if s.index == index)
        report.zero_s = zero_s(container)
        yield stream, decoded_frames(container, stream, media.name, report)


@contextmanager
def _reader(
    media: MediaSource, index: int, longest_s: float, report: MediaReport
) -> Iterator[Iterator[Mono]]:
    track = TrackReport()
    report.tracks.append(track)
    with _frames(media, index, track) as (_, frames):
        yield TrackReader(frames, track, longest_s).samples()


def _mixed(tracks: Sequence[Iterator[Mono]]) -> Iterator[Mono]:
    """The mix of several tracks, as long as the longest one."""
    mixer = ChannelMixer(len(tracks), SAMPLE_RATE // BLOCKS_PER_S)
    nothing = np.zeros(0, np.float32)
    by_second = [rechunked(track, SAMPLE_RATE) for track in tracks]
    for pieces in itertools.zip_longest(*by_second, fillvalue=nothing):
        planar = np.zeros((len(tracks), max(piece.size for piece in pieces)), np.float32)
        for row, piece in zip(planar, pieces, strict=True):
            row[: piece.size] = piece
        yield mixer.push(planar)
    yield mixer.flush()
