"""Decodes one audio track of a media file to mono at 16 kHz on the time axis of the file."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from av.audio.frame import AudioFrame

from meetcore.audio.channel_mixer import Mono, Planar
from meetcore.audio.frame_decoding import seconds
from meetcore.audio.media_report import TrackReport
from meetcore.audio.mono_stream import MonoStream, planar
from meetcore.audio.timeline import Timeline
from meetcore.records import SAMPLE_RATE

_SILENCE_PIECE = 10 * SAMPLE_RATE


class TrackReader:
    """Mixes the channels of a track, resamples them, and puts silence where time stamps ask for it.

    Parameters
    ----------
    frames : of the track, in order
    report : `zero_s` is read, the rest is filled on the way
    longest_s : no silence is filled in beyond this length
    """

    def __init__(self, frames: Iterator[AudioFrame], report: TrackReport, longest_s: float) -> None:
        self._frames = frames
        self._report = report
        self._timeline = Timeline(report.zero_s, longest_s)
        self._n_given = 0
        self._form = (0, 0)
        self._stream: MonoStream | None = None
        self._stream_start = 0
        self._n_in_stream = 0
        self._waiting: list[Planar] = []
        self._n_waiting = 0

    def samples(self) -> Iterator[Mono]:
        """The audio of the track in pieces of about a second.

        Yields
        ------
        np.ndarray, shape (n_samples,), float32, 16 kHz

        Raises
        ------
        AudioDecodeError
            The track is encrypted.
        """
        for piece in self._pieces():
            if piece.size:
                # Before the yield: the position counts what was given.
                self._n_given += piece.size
                self._report.peak = max(self._report.peak, float(np.abs(piece).max()))
                yield piece
        self._report.gap_left_out = self._timeline.gap_left_out

    def _pieces(self) -> Iterator[Mono]:
        for frame in self._frames:
            form = (frame.sample_rate, frame.layout.nb_channels)
            place = self._timeline.place(seconds(frame.pts, frame), self._position_s())
            if form != self._form or place.silence_s:
                yield self._end_stream()
                yield from _silence(round(place.silence_s * SAMPLE_RATE))
                self._begin_stream(form)
            samples = planar(frame)
            self._wait(samples[:, min(round(place.skip_s * form[0]), samples.shape[1]) :])
            self._report.decoded_to_s = self._position_s()
            if self._n_waiting >= form[0]:
                yield self._mixed_waiting()
        yield self._end_stream()

    def _begin_stream(self, form: tuple[int, int]) -> None:
        self._form, self._stream = form, MonoStream(*form)
        self._stream_start, self._n_in_stream = self._n_given, 0

    def _end_stream(self) -> Mono:
        stream, rest = self._stream, self._mixed_waiting()
        self._stream = None
        return rest if stream is None else np.concatenate([rest, stream.flush()])

    def _wait(self, samples: Planar) -> None:
        self._waiting.append(samples)
        self._n_waiting += samples.shape[1]
        self._n_in_stream += samples.shape[1]

    def _mixed_waiting(self) -> Mono:
        waiting, self._waiting, self._n_waiting = self._waiting, [], 0
        if self._stream is None or not waiting:
            return np.zeros(0, np.float32)
        return self._stream.push(np.concatenate(waiting, axis=1))

    def _position_s(self) -> float:
        """Length of what was used so far; the resampler has not given all of it yet."""
        if self._stream is None:
            return self._n_given / SAMPLE_RATE
        return self._stream_start / SAMPLE_RATE + self._n_in_stream / self._form[0]


def _silence(n_samples: int) -> Iterator[Mono]:
    for start in range(0, n_samples, _SILENCE_PIECE):
        yield np.zeros(min(_SILENCE_PIECE, n_samples - start), np.float32)
