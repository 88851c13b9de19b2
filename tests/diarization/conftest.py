"""The open weights, loaded once for all tests of speakers."""

from __future__ import annotations

import pytest

from meetcore.diarization.diarizer import OpenDiarizer, load_diarizer
from meetcore.diarization.embedding import single_thread
from meetcore.weights.resolver import WeightResolver


@pytest.fixture(scope="session")
def diarizer(resolver: WeightResolver) -> OpenDiarizer:
    single_thread()
    loaded = load_diarizer("open", resolver, device="cpu")
    assert isinstance(loaded, OpenDiarizer)
    return loaded
