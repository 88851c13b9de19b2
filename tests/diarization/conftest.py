"""The open weights, loaded once for all diarization tests."""

from __future__ import annotations

import pytest

from meetcore.diarization.open_diarizer import OpenDiarizer
from meetcore.diarization.registry import load_diarizer
from meetcore.weights.resolver import WeightResolver


@pytest.fixture(scope="session")
def diarizer(resolver: WeightResolver) -> OpenDiarizer:
    loaded = load_diarizer("open", resolver, device="cpu")
    assert isinstance(loaded, OpenDiarizer)
    return loaded
