"""The runner's thread and the worker process: started by start() and tasks, ended by stop()."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from meetcore.jobs.executors.child_process import ProcessExecutor
from meetcore.jobs.executors.in_process import InProcessExecutor
from meetcore.jobs.runner import JobRunner
from meetcore.profiles.known_voices import KnownVoices
from meetcore.settings import Settings
from tests.support.shared_models import SharedModels
from tests.support.stand_ins import RefusingStore

SettingsFor = Callable[..., Settings]


def runner(settings_for: SettingsFor, store: Any, folder: Path) -> JobRunner:
    executor = InProcessExecutor(SharedModels(lambda timeout_s: None))
    return JobRunner(store, settings_for(folder), executor, KnownVoices(store))


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "jobs"]


def test_thread_runs_from_start_to_stop_and_both_may_be_repeated(
    settings_for: SettingsFor, store: RefusingStore, tmp_path: Path
) -> None:
    made = runner(settings_for, store, tmp_path)
    assert not threads()
    made.start()
    made.start()
    assert len(threads()) == 1
    assert made.stop(5) and made.stop(5)
    assert not threads()


def test_first_job_starts_the_thread(
    settings_for: SettingsFor, store: RefusingStore, tmp_path: Path
) -> None:
    made = runner(settings_for, store, tmp_path)
    made.resume(store.create_meeting("First").id)
    assert len(threads()) == 1
    assert made.stop(5)


def test_runner_that_was_never_started_can_be_stopped(
    settings_for: SettingsFor, store: RefusingStore, tmp_path: Path
) -> None:
    made = runner(settings_for, store, tmp_path)
    assert made.stop(5)
    made.start()
    assert not threads(), "a stopped runner stays stopped"


def test_engine_without_a_task_has_no_process(settings_for: SettingsFor, tmp_path: Path) -> None:
    executor = ProcessExecutor(settings_for(tmp_path))
    assert executor.pid is None
    executor.idle()
    executor.reload_models()
    executor.close()
    executor.close()
    assert executor.pid is None
