"""Whisper's log-mel features in numpy, so that CTranslate2 needs no torch."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.fft

from meetcore.records import SAMPLE_RATE, Samples

N_FFT = 400
HOP_SAMPLES = 160
FRAMES_PER_SECOND = SAMPLE_RATE // HOP_SAMPLES

Features = npt.NDArray[np.float32]
"""Log-mel features, shape (n_mels, n_frames), float32, 100 frames a second."""


def log_mel(samples: Samples, context: float, n_mels: int = 80) -> Features:
    """Whisper's input features of `samples`, padded with silence to `context` seconds.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float32, 16 kHz
    context : seconds of the result; rounded up to hold all samples, in steps of 20 ms
    n_mels : 80, or 128 for large-v3

    Returns
    -------
    np.ndarray, shape (n_mels, n_frames), float32
        log10 power, at most 8 below its largest value, then (x + 4) / 4.

    Source: Radford et al. 2022, section 2.2, and the reference implementation's audio.py.
    """
    n_frames = padded_frames(samples.shape[0], context)
    half = N_FFT // 2
    padded = np.zeros(n_frames * HOP_SAMPLES + N_FFT, dtype=np.float32)
    padded[half : half + samples.shape[0]] = samples
    # The reference transform mirrors the first and last 200 samples around the ends.
    end = half + n_frames * HOP_SAMPLES
    padded[:half] = padded[half + 1 : 2 * half + 1][::-1]
    padded[end : end + half] = padded[end - half - 1 : end - 1][::-1]
    # Frames of padding only are all equal: transform just those that contain samples.
    n_filled = min(n_frames, (samples.shape[0] + half) // HOP_SAMPLES + 1)
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP_SAMPLES][:n_filled]
    spectrum = scipy.fft.rfft(frames * _hann(), axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    logs = np.full((n_mels, n_frames), -10.0, dtype=np.float32)
    logs[:, :n_filled] = np.log10(np.maximum(mel_filters(n_mels) @ power.T, 1e-10))
    logs = np.maximum(logs, logs.max() - 8.0)
    return np.ascontiguousarray((logs + 4.0) / 4.0, dtype=np.float32)


def padded_frames(n_samples: int, context: float) -> int:
    """Frames of a window of `n_samples` padded to `context` seconds; even, at most 3000."""
    longest = max(round(context * FRAMES_PER_SECOND), -(-n_samples // HOP_SAMPLES))
    return min(3000, longest + longest % 2)


@lru_cache(maxsize=1)
def _hann() -> Features:
    """Periodic Hann window, shape (400,), float32."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)).astype(np.float32)


@lru_cache(maxsize=2)
def mel_filters(n_mels: int) -> Features:
    """Triangular filters of equal area on Slaney's mel scale, shape (n_mels, 201), float32.

    Source: Slaney 1998, Auditory Toolbox; librosa.filters.mel, which made Whisper's filters.
    """
    edges = _mel_to_hz(np.linspace(0.0, _hz_to_mel(SAMPLE_RATE / 2), n_mels + 2))
    bins_hz = np.linspace(0.0, SAMPLE_RATE / 2, N_FFT // 2 + 1)
    widths = np.diff(edges)
    ramps = edges[:, None] - bins_hz[None, :]
    rising = -ramps[:-2] / widths[:-1, None]
    falling = ramps[2:] / widths[1:, None]
    filters = np.maximum(0.0, np.minimum(rising, falling))
    filters *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return filters.astype(np.float32)


_LINEAR_HZ = 200.0 / 3.0
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _LINEAR_HZ
_LOG_STEP = np.log(6.4) / 27.0


def _hz_to_mel(hz: float) -> float:
    """Mel of a frequency above 1 kHz."""
    return float(_BREAK_MEL + np.log(hz / _BREAK_HZ) / _LOG_STEP)


def _mel_to_hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    logarithmic = _BREAK_HZ * np.exp(_LOG_STEP * (mel - _BREAK_MEL))
    return np.where(mel < _BREAK_MEL, mel * _LINEAR_HZ, logarithmic)
