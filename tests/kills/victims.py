"""What the killed processes do: each works on a folder and reports what it has promised so far.

They run in children forked from a process that has imported everything, so that a kill comes
milliseconds after the work began. Models are stand-ins; the store and the disk are real.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from meetcore.audio.compact import compact
from meetcore.cli.main import main
from meetcore.jobs import growing_recordings, recognize_stage, rolling_pass, stored_progress
from meetcore.jobs.executors.in_process import InProcessExecutor
from meetcore.records import JobState, LiveSnapshot
from meetcore.service.make_backup import make_backup
from meetcore.service.meeting_service import MeetingService
from meetcore.service.restore_backup import STAGING, restore_backup
from meetcore.settings import Settings
from meetcore.store.meetings import open_store
from tests.asr.fakes import LevelActivity, ScriptedRecognizer
from tests.support.shared_models import SharedModels
from tests.support.stand_ins import StandIn, talk, until

CHUNK_SAMPLES = 1600
CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir")
"""Audit events of changes to folders; `open` is one where it is for writing."""


class UnhurriedRecognizer(ScriptedRecognizer):
    """Takes a moment for each window, so that a kill finds a job in any of its pieces."""

    def recognize(self, samples: Any, options: Any) -> Any:
        time.sleep(0.01)
        return super().recognize(samples, options)


def open_service(folder: Path, rolling: bool = False) -> MeetingService:
    """A service with stand-in models on the folder's database and recordings."""
    recognize_stage.load_activity = LevelActivity  # type: ignore[assignment]
    growing_recordings.load_activity = LevelActivity  # type: ignore[assignment]
    rolling_pass.EVERY_S = 0.005
    stored_progress.REPORT_S = 0.0
    settings = Settings(_env_file=None, data_dir=folder, rolling=rolling)
    identifier = StandIn(recognizer=UnhurriedRecognizer())
    executor = InProcessExecutor(SharedModels(lambda timeout_s: identifier))
    service = MeetingService(
        settings,
        open_store(settings.database),
        lambda: identifier,  # type: ignore[arg-type, return-value]
        executor,
    )
    service.load_models()
    return service


def run_meeting(folder: Path, told: Connection) -> None:
    """Record one meeting, faster than real time; report what the page could show by then."""
    for view in _recorded(open_service(folder)):
        n_words = sum(len(segment.words) for segment in view.segments)
        told.send((view.meeting_id, view.health.samples_on_disk, n_words))


def run_followed_meeting(folder: Path, told: Connection) -> None:
    """The same with the second pass behind it; report how many words the page had as settled."""
    for view in _recorded(open_service(folder, rolling=True)):
        n_words = sum(len(segment.words) for segment in view.segments[: view.shape.settled])
        told.send((view.meeting_id, n_words))


def _recorded(service: MeetingService) -> Iterator[LiveSnapshot]:
    """Record one meeting of five minutes; what a page could show after each chunk."""
    live = service.live(service.start("Killed"))
    assert live is not None
    audio = talk(300.0)
    for start in range(0, audio.size, CHUNK_SAMPLES):
        live.offer(audio[start : start + CHUNK_SAMPLES], "tab")
        yield live.snapshot()
        time.sleep(0.003)


def run_jobs(folder: Path, told: Connection) -> None:
    """Go on with the jobs that the folder's database holds, until none is left."""
    service = open_service(folder)
    service.recover()
    told.send("running")
    while any(
        job.state in (JobState.QUEUED, JobState.RUNNING) for job in service.store.jobs.list()
    ):
        time.sleep(0.01)
    service.shutdown(5.0)
    told.send("done")


def start(folder: Path, told: Connection) -> None:
    """Start the app on a data folder, and stop it when what others left there is gone."""
    told.send("running")
    service = open_service(folder)
    service.recover()
    until(lambda: not (folder / STAGING).exists(), 60)
    service.shutdown(60)
    told.send("done")


def migrate(folder: Path, told: Connection) -> None:
    """Open an old database with this version."""
    told.send("running")
    open_store(f"sqlite:///{folder / 'meetcore.db'}").close()


def compact_recording(folder: Path, told: Connection) -> None:
    """Compress a finished recording."""
    told.send("running")
    compact(folder)


def export(folder: Path, told: Connection, meeting_id: str, format_name: str) -> None:
    """Export a meeting of the folder `data` beside this one into `out`, over and over."""
    os.environ["MEETCORE_DATA_DIR"] = str(folder.parent / "data")
    for number in range(1000):
        target = folder / "out" / str(number)
        with contextlib.redirect_stderr(io.StringIO()):
            words = ["meetings", "export", meeting_id, "--format", format_name]
            main([*words, "--output", f"{target}/"])
        told.send("running")


def back_up(folder: Path, told: Connection, change: int | None = None) -> None:
    """Save the folder `data` to `all.zip`; killed before that change of the disk, if one is given.

    Reports how many changes there were.
    """
    settings = Settings(_env_file=None, data_dir=folder / "data")
    changes = count_changes(folder, change)
    told.send(0)
    make_backup(settings, folder / "out" / "all.zip", lambda done: None, force=True)
    told.send(len(changes))


def restore(folder: Path, told: Connection, change: int | None = None) -> None:
    """Take `all.zip` back into the folder `data`; killed and reported as `back_up` is."""
    settings = Settings(_env_file=None, data_dir=folder / "data")
    changes = count_changes(folder, change)
    told.send(0)
    restore_backup(settings, folder / "all.zip", lambda done: None, force=True)
    told.send(len(changes))


def count_changes(folder: Path, last: int | None) -> list[str]:
    """Collect this process's changes to files of a folder; SIGKILL before number `last`."""
    found: list[str] = []

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" and event not in CHANGES:
            return
        if not isinstance(arguments[0], str | Path) or str(folder) not in str(arguments[0]):
            return
        if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
            return
        if len(found) == last:
            os.kill(os.getpid(), signal.SIGKILL)
        found.append(event)

    sys.addaudithook(audit)
    return found
