"""A retry that falls back on the same rung keeps the models that were asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meetcore.errors import ModelUnavailableError
from meetcore.models.identifier import create_speaker_identifier
from meetcore.models.pool import IdentifierPool
from meetcore.settings import Settings
from tests.models.test_identifier import FakeLoaders, missing

HUB = "pyannote/speaker-diarization-community-1"


@pytest.mark.parametrize(
    ("changes", "fails"),
    [
        ({"recognizer": "base.en"}, "base.en"),
        ({"recognizer": "/models/mine.pt"}, "/models/mine.pt"),
        ({"diarizer": HUB}, HUB),
        ({"live_recognizer": "small.en"}, "small.en"),
    ],
)
def test_a_retry_that_needs_a_stand_in_changes_nothing(
    settings_for: Callable[..., Settings], tmp_path: Path, changes: dict[str, Any], fails: str
) -> None:
    settings = settings_for(tmp_path, **changes)
    loaders = FakeLoaders()
    pool = IdentifierPool(lambda: create_speaker_identifier(settings, loaders.loaders()))
    before = pool.load()
    first = pool.current
    loaders.broken[fails] = missing(fails)
    models = pool.retry()
    assert pool.current is first
    assert models.final_recognizer == before.final_recognizer
    assert models.diarizer == before.diarizer
    assert "a new attempt found less" in models.reason


def test_a_retry_that_loads_what_was_asked_for_replaces_the_stand_in(
    settings_for: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, diarizer=HUB)
    loaders = FakeLoaders({HUB: ModelUnavailableError("The hub cannot be reached.")})
    pool = IdentifierPool(lambda: create_speaker_identifier(settings, loaders.loaders()))
    assert pool.load().diarizer == "diarizer open"
    loaders.broken.clear()
    assert pool.retry().diarizer == f"diarizer {HUB}"
