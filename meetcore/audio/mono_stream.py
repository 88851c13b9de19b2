"""One unbroken stream of any rate and number of channels, to mono at 16 kHz."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.plane import AudioPlane
from av.audio.resampler import AudioResampler

from meetcore.audio.channel_mixer import BLOCKS_PER_S, ChannelMixer, Mono, Planar
from meetcore.errors import AudioDecodeError
from meetcore.records import SAMPLE_RATE

_TYPES = {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}
"""numpy's names of FFmpeg's sample types; with a "p" at the end the channels are apart."""


def planar(frame: AudioFrame) -> Planar:
    """The samples of a frame; values that are no numbers become 0.

    Parameters
    ----------
    frame : av.AudioFrame
        Packed or planar, any sample type.

    Returns
    -------
    np.ndarray, shape (n_channels, n_samples), float32
        Integers are scaled to [-1, 1); floats are kept as they are.
    """
    n_channels, dtype = frame.layout.nb_channels, np.dtype(_TYPES[frame.format.name.rstrip("p")])
    # Not `frame.to_ndarray()`: with eight planes or more it reads past the last one.
    if frame.format.is_planar:
        planes: list[Any] = [AudioPlane(frame, index) for index in range(n_channels)]
        raw = np.stack([np.frombuffer(plane, dtype, frame.samples) for plane in planes])
    else:
        plane: Any = AudioPlane(frame, 0)
        packed = np.frombuffer(plane, dtype, frame.samples * n_channels)
        raw = packed.reshape(-1, n_channels).T
    if dtype.kind == "f":
        samples = raw.astype(np.float32)
        # A sum is finite only where all are; overflow of the sum costs the slow way only.
        if not np.isfinite(samples.sum()):
            np.nan_to_num(samples, copy=False, posinf=0.0, neginf=0.0)
        return samples
    full_scale = np.float32(2 ** (8 * dtype.itemsize - 1))
    if dtype.kind == "u":
        return raw.astype(np.float32) / full_scale - np.float32(1)
    return raw.astype(np.float32) / full_scale


class MonoStream:
    """Mixes and resamples one stream; keeps the resampler's filter between calls.

    Not thread-safe.

    Parameters
    ----------
    rate : int
        Hz.
    n_channels : int
    """

    def __init__(self, rate: int, n_channels: int) -> None:
        self._rate = rate
        self._mixer = ChannelMixer(n_channels, max(1, rate // BLOCKS_PER_S))
        self._resampler: AudioResampler | None = None
        if rate != SAMPLE_RATE:
            self._resampler = AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        self._used = False

    def push(self, samples: Planar) -> Mono:
        """The samples up to here that were not given before; up to 21 ms are held back.

        Parameters
        ----------
        samples : np.ndarray, shape (n_channels, n_samples), float32

        Returns
        -------
        np.ndarray, shape (n_samples,), float32, 16 kHz

        Raises
        ------
        AudioDecodeError
            The rate is impossible.
        """
        return self._resampled(self._mixer.push(samples))

    def flush(self) -> Mono:
        """The samples held back, at the end of the stream.

        Returns
        -------
        np.ndarray, shape (n_samples,), float32, 16 kHz
        """
        rest = self._resampled(self._mixer.flush())
        if self._resampler is None or not self._used:
            return rest
        return np.concatenate([rest, self._through(self._resampler, None)])

    def _resampled(self, mono: Mono) -> Mono:
        if self._resampler is None or mono.size == 0:
            return mono
        frame = AudioFrame.from_ndarray(
            np.ascontiguousarray(mono).reshape(1, -1), format="flt", layout="mono"
        )
        frame.sample_rate = self._rate
        self._used = True
        return self._through(self._resampler, frame)

    def _through(self, resampler: AudioResampler, frame: AudioFrame | None) -> Mono:
        try:
            converted = resampler.resample(frame)
        except (av.FFmpegError, ValueError) as error:
            raise AudioDecodeError(
                f"Audio of {self._rate} Hz cannot be converted to 16 kHz ({error})."
                " Choose another microphone, or export the file at 48,000 Hz."
            ) from error
        # A resampler with nothing to do hands the flushing None back.
        pieces = [piece.to_ndarray().reshape(-1) for piece in converted if piece is not None]
        return np.concatenate([np.zeros(0, np.float32), *pieces])
