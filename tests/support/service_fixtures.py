"""A service on a real store and a real disk, with stand-ins for the models."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from meetcore.jobs import stored_progress
from meetcore.jobs.executors.in_process import InProcessExecutor
from meetcore.live import persistence, retrying_writer
from meetcore.service import trash
from meetcore.service.meeting_service import MeetingService
from meetcore.settings import Settings
from meetcore.store import retry
from meetcore.store.meetings import open_store
from tests.asr.fakes import LevelActivity
from tests.support.shared_models import SharedModels
from tests.support.stand_ins import RefusingStore, StandIn


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries are quick, and everything but digital silence counts as speech."""
    monkeypatch.setattr("meetcore.jobs.recognize_stage.load_activity", LevelActivity)
    monkeypatch.setattr("meetcore.jobs.growing_recordings.load_activity", LevelActivity)
    monkeypatch.setattr("meetcore.jobs.rolling_pass.EVERY_S", 0.02)
    monkeypatch.setattr(retrying_writer, "RETRY_S", 0.01)
    monkeypatch.setattr(retrying_writer, "GIVE_UP_S", 0.3)
    monkeypatch.setattr(persistence, "RETRY_S", 0.02)
    monkeypatch.setattr(retry, "RETRY_S", 0.02)
    monkeypatch.setattr(trash, "RESTORE_WINDOW_S", 0.1)
    monkeypatch.setattr(stored_progress, "REPORT_S", 0.0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RefusingStore]:
    real = open_store(f"sqlite:///{tmp_path / 'meetcore.db'}")
    yield RefusingStore(real)
    real.close()


@pytest.fixture
def identifier() -> StandIn:
    return StandIn()


Open = Callable[..., MeetingService]


@pytest.fixture
def open_service(
    settings_for: Callable[..., Settings],
    tmp_path: Path,
    store: RefusingStore,
    identifier: StandIn,
) -> Iterator[Open]:
    """Services over one and the same store and disk, as one process after another."""
    opened: list[MeetingService] = []

    def build(load: bool = True, **changes: Any) -> MeetingService:
        # Most tests are of the live words, or of the job, alone.
        settings = settings_for(tmp_path, **{"rolling": False, **changes})
        made: list[MeetingService] = []

        def loaded(timeout_s: float) -> Any:
            if made and made[0].models() is not None:
                return identifier
            time.sleep(min(timeout_s, 0.02))
            return None

        executor = InProcessExecutor(SharedModels(loaded))
        service: Any = MeetingService(settings, store, lambda: identifier, executor)  # type: ignore[arg-type]
        made.append(service)
        if load:
            service.load_models()
        opened.append(service)
        return service

    yield build
    store.refused.clear()
    for service in opened:
        service.shutdown(10)


@pytest.fixture
def service(open_service: Open) -> MeetingService:
    return open_service()
