"""What the killed processes do: each works on a folder and reports what it has promised so far.

They run in children forked from a process that has imported everything, so that a kill comes
milliseconds after the work began. Models are stand-ins; the store and the disk are real.
"""

from __future__ import annotations

import contextlib
import io
import os
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from meetcore.audio.compact import compact
from meetcore.cli.main import main
from meetcore.jobs import recognize_stage, stored_progress
from meetcore.jobs.executors.in_process import InProcessExecutor
from meetcore.records import JobState
from meetcore.service.meeting_service import MeetingService
from meetcore.settings import Settings
from meetcore.store.meetings import open_store
from tests.asr.fakes import LevelActivity, ScriptedRecognizer
from tests.support.shared_models import SharedModels
from tests.support.stand_ins import StandIn, talk

CHUNK_SAMPLES = 1600


class UnhurriedRecognizer(ScriptedRecognizer):
    """Takes a moment for each window, so that a kill finds a job in any of its pieces."""

    def recognize(self, samples: Any, options: Any) -> Any:
        time.sleep(0.01)
        return super().recognize(samples, options)


def open_service(folder: Path) -> MeetingService:
    """A service with stand-in models on the folder's database and recordings."""
    recognize_stage.load_activity = LevelActivity  # type: ignore[assignment]
    stored_progress.REPORT_S = 0.0
    settings = Settings(_env_file=None, data_dir=folder)
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
    service = open_service(folder)
    live = service.live(service.start("Killed"))
    assert live is not None
    audio = talk(300.0)
    for start in range(0, audio.size, CHUNK_SAMPLES):
        live.offer(audio[start : start + CHUNK_SAMPLES], "tab")
        view = live.snapshot()
        n_words = sum(len(segment.words) for segment in view.segments)
        told.send((live.meeting_id, view.health.samples_on_disk, n_words))
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
