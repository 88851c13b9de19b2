"""Stored int16 and float samples convert without loss; the level is in dB."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from meetcore.audio import level, pcm
from meetcore.audio.level import level_db
from meetcore.audio.pcm import to_pcm, to_samples


def test_every_stored_value_survives_the_round_trip() -> None:
    every = np.arange(-32_768, 32_768).astype(np.int16)
    heard = to_samples(every)
    assert heard.dtype == np.float32
    assert heard.min() == -1.0
    assert heard.max() < 1.0
    assert np.array_equal(to_pcm(heard), every)


@given(hnp.arrays(np.float32, st.integers(0, 50), elements=st.floats(-4, 4, width=32)))
def test_storing_clips_and_rounds(samples: np.ndarray) -> None:
    error = to_samples(to_pcm(samples)) - np.clip(samples, -1, 32_767 / 32_768)
    assert np.all(np.abs(error) <= 0.5 / 32_768)


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (np.zeros(1_600), -100.0),
        (np.zeros(0), -100.0),
        (np.ones(1_600), 0.0),
        (np.full(1_600, 0.1), -20.0),
        (np.sin(2 * np.pi * np.arange(16_000) / 100), -3.01),
        (np.full(1_600, 1 / 32_768), -90.3),
        (np.full(1_600, 1e-9), -100.0),
    ],
)
def test_level(samples: np.ndarray, expected: float) -> None:
    assert level_db(samples.astype(np.float32)) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("module", [pcm, level])
def test_examples_in_the_docstrings(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]
