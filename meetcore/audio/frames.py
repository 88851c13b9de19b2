"""Converts a browser's audio frames of any format to int16 mono 16 kHz."""

from __future__ import annotations

import logging

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from meetcore.audio.pcm import Pcm, empty_pcm
from meetcore.errors import AudioDecodeError
from meetcore.records import SAMPLE_RATE

Frame = av.AudioFrame
"""A stretch of audio as WebRTC delivers it."""

logger = logging.getLogger(__name__)

_Form = tuple[str, str, int]
"""Sample type, channel layout, rate in Hz."""


class FrameConverter:
    """Converts the frames of one connection to one unbroken stream of samples.

    The resampler is kept between frames: a new one for each would lose its filter's tail at every
    border, an audible click 50 times a second. Timestamps are ignored: gaps are not filled.

    Not thread-safe; frames must come in order.
    """

    def __init__(self) -> None:
        self._resampler: AudioResampler | None = None
        self._form: _Form | None = None
        self._waiting: Pcm = empty_pcm()

    def convert(self, frame: AudioFrame) -> Pcm:
        """The samples up to this frame that were not given before.

        The last millisecond may be held back until the next frame, as the resampler needs it.
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
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if form != self._form:
            self._waiting = self.flush()
        if self._resampler is None:
            logger.info("converting frames: %s, %s, %d Hz", *form)
            self._resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
            self._form = form
        try:
            pcm = _resample(self._resampler, frame, form)
        except AudioDecodeError:
            self._resampler = self._form = None
            raise
        waiting, self._waiting = self._waiting, empty_pcm()
        return np.concatenate([waiting, pcm])

    def flush(self) -> Pcm:
        """The samples held back, at the end of a connection; the next frame begins a new stream.

        Returns
        -------
        np.ndarray, shape (n_samples,), int16, 16 kHz
        """
        waiting, self._waiting = self._waiting, empty_pcm()
        if self._resampler is None or self._form is None:
            return waiting
        resampler, form = self._resampler, self._form
        self._resampler = self._form = None
        return np.concatenate([waiting, _resample(resampler, None, form)])


def _resample(resampler: AudioResampler, frame: AudioFrame | None, form: _Form) -> Pcm:
    try:
        converted = resampler.resample(frame)
    except (av.FFmpegError, ValueError) as error:
        raise AudioDecodeError(
            f"Audio frames ({form[0]}, {form[1]}, {form[2]} Hz) cannot be converted to 16 kHz"
            f" mono ({error}). Choose another microphone, or reload the page."
        ) from error
    # A resampler with nothing to do hands the flushing None back.
    pieces = [piece.to_ndarray().reshape(-1) for piece in converted if piece is not None]
    return np.concatenate([empty_pcm(), *pieces]).astype(np.int16, copy=False)
