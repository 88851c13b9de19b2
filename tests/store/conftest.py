"""A store in a SQLite file of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from meetcore.store.meetings import MeetingStore, open_store


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'folder' / 'meetcore.db'}"


@pytest.fixture
def store(url: str) -> Iterator[MeetingStore]:
    store = open_store(url)
    yield store
    store.close()
