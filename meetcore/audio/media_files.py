"""Decodes media files and uploads to mono float32 16 kHz, lazily, with PyAV."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from meetcore.audio.media_decoding import decoded_pcm
from meetcore.audio.media_length import StatedLength, length_of
from meetcore.audio.media_report import MediaReport
from meetcore.audio.media_source import Source, opened
from meetcore.audio.pcm import empty_pcm, rechunked, to_samples
from meetcore.audio.timeline import MOST_SILENCE_S
from meetcore.audio.track_choice import choose_tracks
from meetcore.records import SAMPLE_RATE, Samples

__all__ = ["MediaReport", "Source", "StatedLength", "iter_audio", "read_audio", "stated_length"]


def iter_audio(
    source: Source,
    chunk_samples: int = SAMPLE_RATE,
    name: str | None = None,
    *,
    longest_s: float = MOST_SILENCE_S,
    report: MediaReport | None = None,
) -> Iterator[Samples]:
    """The audio of a media file in chunks of equal length; the last one may be shorter.

    All tracks are mixed but commentaries and other languages (`choose_tracks`), and all channels
    (`ChannelMixer`). Time begins with the file's earliest track; a late start and holes are silent.
    Values are rounded to int16, so that a file decoded directly and one stored first give the same
    samples; one whose level is far out of that range is made louder or quieter as a whole.
    A truncated or damaged file gives what can be decoded; one without any sample gives no chunk.

    Parameters
    ----------
    source : Path, str or binary file
    chunk_samples : int
        Length of a chunk.
    name : str, optional
        The file's name in messages; its own where none is given.
    longest_s : float
        No silence is filled in beyond this length, whatever the time stamps say.
    report : MediaReport, optional
        Filled on the way with what was found.

    Yields
    ------
    np.ndarray, shape (chunk_samples,), float32, 16 kHz

    Raises
    ------
    AudioDecodeError
        At the first chunk: the file is missing, empty, encrypted, no media file, has no audio
        track, or nothing in it can be decoded. The message says which, and what to do.
    """
    report = MediaReport() if report is None else report
    with opened(source, name) as media:
        for pcm in rechunked(decoded_pcm(media, longest_s, report), chunk_samples):
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


def stated_length(source: Source, name: str | None = None) -> StatedLength:
    """The length that a file states, or else the span of its packets' time stamps.

    Browsers' own recordings (WebM from MediaRecorder) state none.

    Raises
    ------
    AudioDecodeError
        As `iter_audio`.
    """
    with opened(source, name) as media, media.container() as container:
        streams = media.audio_streams(container)
        mixed = choose_tracks(streams).mixed
        return length_of(media, container, [s for s in streams if s.index in mixed])
