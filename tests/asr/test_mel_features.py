"""Our features equal those of the reference implementation."""

from __future__ import annotations

import numpy as np
import pytest

from meetcore.asr.whisper.mel import log_mel, mel_filters, padded_frames


@pytest.mark.parametrize(
    ("n_samples", "context", "frames"),
    [(0, 5.0, 500), (16_000, 30.0, 3000), (160_001, 10.0, 1002), (480_000, 10.0, 3000)],
)
def test_frames_hold_all_samples(n_samples: int, context: float, frames: int) -> None:
    assert padded_frames(n_samples, context) == frames


def test_silence_is_flat() -> None:
    features = log_mel(np.zeros(1600, dtype=np.float32), 2.0)
    assert features.shape == (80, 200)
    assert features.dtype == np.float32
    assert np.ptp(features) < 1e-6


@pytest.mark.model
@pytest.mark.parametrize("n_mels", [80, 128])
def test_filters_equal_the_published_ones(n_mels: int) -> None:
    from whisper.audio import mel_filters as published

    assert np.abs(published("cpu", n_mels).numpy() - mel_filters(n_mels)).max() < 1e-7


@pytest.mark.model
@pytest.mark.parametrize(
    ("n_samples", "context"),
    [(0, 10.0), (100, 10.0), (48_000, 5.0), (159_993, 10.0), (480_000, 30.0)],
)
def test_features_equal_the_reference_implementation(n_samples: int, context: float) -> None:
    import torch
    from whisper.audio import log_mel_spectrogram

    samples = np.random.default_rng(0).normal(0.0, 0.1, n_samples).astype(np.float32)
    padded = np.pad(samples, (0, round(context * 16_000) - n_samples))
    reference = log_mel_spectrogram(torch.from_numpy(padded)).numpy()
    assert np.abs(reference - log_mel(samples, context)).max() < 5e-5
