"""Chooses the gain with which a file is stored as int16, so that none of its range is lost."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import cast

import numpy as np
from av.audio.format import AudioFormat
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from meetcore.audio.block_levels import BlockLevels
from meetcore.audio.mono_stream import planar

COARSE_FORMATS = {"u8", "u8p", "s16", "s16p"}
"""Sample types that int16 holds entirely."""
IN_RANGE = 10.0 ** (-40 / 20)
"""A file that stays below loses more than half of int16's bits."""
QUIET_TARGET = 10.0 ** (-14 / 20)
MOST_GAIN = 2.0**10
"""60 dB; what is quieter still is noise of the converter."""
LOUD_TARGET = 10.0 ** (-0.5 / 20)
"""Room for the resampler, which may exceed the peaks of its input a little."""
LEAST_GAIN = 10.0 ** (-110 / 20)
"""Floats may be written with the values of 16 bit integers, 90 dB too loud."""
LOUD_S, SPIKE_DB = 0.2, 12
"""Values so many dB above the level that the loudest 0.2 s reach are damage, and clipped."""
NO_SOUND_PEAK = 1e-6
CLIPPED_LOSSY_PEAK = 1.5
"""Lossy codecs exceed 1.0 a little where the original was limited; players clip that, too."""
FIRST_LOOK_S = 60.0
"""How much of a lossy file is decoded to see whether its level is out of range."""


def is_coarse(stream: AudioStream) -> bool:
    """Whether int16 holds all of a track's values as they are."""
    # The type stubs promise a format; a file of no channels has none.
    form = cast(AudioFormat | None, stream.codec_context.format)
    return form is not None and form.name in COARSE_FORMATS


def is_lossless(stream: AudioStream) -> bool:
    """Whether a track's codec keeps any value, however large or small."""
    return stream.codec_context.codec.lossless


def peak_of(
    frames: Iterator[AudioFrame], longest_s: float = math.inf, enough: float = math.inf
) -> float:
    """The largest magnitude in any channel; above 1.0, spikes far above all else are left out.

    Parameters
    ----------
    longest_s : how much to decode at most
    enough : the first magnitude above this ends the search
    """
    peak = decoded_s = 0.0
    levels = BlockLevels()
    for frame in frames:
        samples = planar(frame)
        largest = max(float(samples.max(initial=0.0)), -float(samples.min(initial=0.0)))
        peak = max(peak, largest)
        levels.add(samples, frame.sample_rate)
        decoded_s += frame.samples / frame.sample_rate
        if peak > enough or decoded_s >= longest_s:
            break
    if peak <= 1.0:
        return peak
    spikes_from: float = 10.0 ** ((levels.reached_for(LOUD_S) + SPIKE_DB) / 20)
    return max(1.0, min(peak, spikes_from))


def gain_for(peak: float) -> float:
    """The factor for a file with this peak; a power of two where it makes it louder.

    Examples
    --------
    >>> gain_for(0.5), gain_for(10 ** (-57 / 20)), gain_for(0.0)
    (1.0, 128.0, 1.0)
    >>> round(gain_for(17.8), 3)
    0.053
    """
    if peak > 1.0:
        return max(LOUD_TARGET / peak, LEAST_GAIN)
    if NO_SOUND_PEAK < peak < IN_RANGE:
        return min(2.0 ** math.floor(math.log2(QUIET_TARGET / peak)), MOST_GAIN)
    return 1.0


def decibels(gain: float) -> float:
    """A factor in dB."""
    return float(20.0 * np.log10(gain))
