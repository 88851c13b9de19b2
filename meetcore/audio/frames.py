"""Converts a browser's audio frames of any format to int16 mono 16 kHz."""

from __future__ import annotations

import logging
import math
import time
from collections import Counter
from collections.abc import Callable

import av
import numpy as np
from av.audio.frame import AudioFrame

from meetcore.audio.frame_decoding import seconds
from meetcore.audio.mono_stream import MonoStream, planar
from meetcore.audio.pcm import Pcm, empty_pcm, to_pcm
from meetcore.audio.timeline import Timeline
from meetcore.errors import AudioDecodeError
from meetcore.records import SAMPLE_RATE

Frame = av.AudioFrame
"""A stretch of audio as WebRTC delivers it."""

logger = logging.getLogger(__name__)

LONGEST_GAP_S = 60.0
"""A larger jump is a new clock, not lost audio."""
FILL_AHEAD_S = 60.0
"""So much more silence than time has passed may be filled in all: timestamps can be forged."""

_Form = tuple[str, int, int]
"""Sample type, number of channels, rate in Hz."""


class FrameConverter:
    """Converts the frames of one connection to one unbroken stream of samples.

    Mixer and resampler are kept between frames: new ones for each would lose the filter's tail at
    every border, an audible click 50 times a second.
    Audio that was lost on the way (a jump in the frames' timestamps) becomes silence, so that what
    follows keeps its place (`Timeline`). No audio is dropped, whatever the timestamps say.

    Not thread-safe; frames must come in order.

    Parameters
    ----------
    clock : callable
        Monotonic seconds; bounds how much silence is filled in.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began_at: float | None = None
        self._stream: MonoStream | None = None
        self._form: _Form | None = None
        self._timeline: Timeline | None = None
        self._n_used: Counter[int] = Counter()
        """Samples on the timeline, by their rate."""
        self._n_filled = 0

    @property
    def n_filled(self) -> int:
        """Samples of silence, at 16 kHz, filled in for lost packets."""
        return self._n_filled

    def convert(self, frame: AudioFrame) -> Pcm:
        """The samples up to this frame that were not given before.

        The last 21 ms may be held back until the next frame, as mixer and resampler need them.
        When the format of the frames changes, what was held back is given first.

        Parameters
        ----------
        frame : av.AudioFrame
            Packed or planar, any rate, layout and sample type.

        Returns
        -------
        np.ndarray, shape (n_samples,), int16, 16 kHz
            May be empty.

        Raises
        ------
        AudioDecodeError
            The frame cannot be converted. It is lost; later frames may be converted.
        """
        if frame.samples == 0:
            return empty_pcm()
        form = (frame.format.name, frame.layout.nb_channels, frame.sample_rate)
        if form[2] <= 0:
            raise AudioDecodeError(
                f"Audio frames ({form[0]}, {form[1]} channels, {form[2]} Hz) cannot be converted"
                " to 16 kHz. Choose another microphone, or reload the page."
            )
        pieces = [self._silence_before(frame)]
        if form != self._form or pieces[0].size:
            pieces.insert(0, self._end_stream())
        if self._stream is None:
            logger.info("converting frames: %s, %d channels, %d Hz", *form)
            self._stream, self._form = MonoStream(form[2], form[1]), form
        pieces.append(to_pcm(self._stream.push(planar(frame))))
        return np.concatenate(pieces)

    def flush(self) -> Pcm:
        """The samples held back, at the end of a connection or at a pause.

        The next frame begins a new stream; no silence is filled in before it.

        Returns
        -------
        np.ndarray, shape (n_samples,), int16, 16 kHz
        """
        self._timeline = None
        return self._end_stream()

    def _end_stream(self) -> Pcm:
        stream, self._stream, self._form = self._stream, None, None
        return empty_pcm() if stream is None else to_pcm(stream.flush())

    def _silence_before(self, frame: AudioFrame) -> Pcm:
        """Silence in place of what the timestamps say was lost before this frame."""
        start_s = seconds(frame.pts, frame)
        now = self._clock()
        self._began_at = now if self._began_at is None else self._began_at
        if self._timeline is None and start_s is not None:
            self._timeline = Timeline(start_s, math.inf, drops_overlaps=False)
            self._n_used.clear()
        n_samples = 0
        if self._timeline is not None:
            position_s = sum(count / rate for rate, count in self._n_used.items())
            left_s = now - self._began_at + FILL_AHEAD_S - self._n_filled / SAMPLE_RATE
            place = self._timeline.place(start_s, position_s, min(left_s, LONGEST_GAP_S))
            n_samples = round(place.silence_s * SAMPLE_RATE)
        self._n_used[SAMPLE_RATE] += n_samples
        self._n_used[frame.sample_rate] += frame.samples
        self._n_filled += n_samples
        if n_samples:
            logger.debug("%.2f s of audio were lost on the way", n_samples / SAMPLE_RATE)
        return np.zeros(n_samples, np.int16)
