"""Jobs with real weights and a worker process, whose server gets SIGKILL at random moments."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from meetcore.audio.pcm import to_pcm
from meetcore.records import JobState, Samples
from meetcore.store.meetings import MeetingStore, open_store
from meetcore.weights.resolver import WeightResolver
from tests.audio.test_media_files import write_wav
from tests.support.scripted_jobs import everything

pytestmark = [pytest.mark.long, pytest.mark.model]

KILLS = 20
DONE = JobState.DONE.value
ROOT = Path(__file__).parents[2]
SERVER = """
import sys, time
from pathlib import Path
from meetcore.records import JobOptions, JobState
from meetcore.service.meeting_service import MeetingService
from meetcore.settings import load_settings
from meetcore.store.meetings import open_store

settings = load_settings()
store = open_store(settings.database)
service = MeetingService(settings, store)
service.recover()
if not store.jobs.list():
    service.import_file(Path(sys.argv[1]), "talk.wav", JobOptions())
(job,) = store.jobs.list()
print("begun", flush=True)
while store.jobs.get(job.meeting_id).state in (JobState.QUEUED, JobState.RUNNING):
    time.sleep(0.02)
print("over", flush=True)
service.shutdown(20)
"""


@pytest.fixture(autouse=True)
def quick() -> None:
    """The folder's sped-up retries and stand-ins are not used here."""


def environment(folder: Path, resolver: WeightResolver) -> dict[str, str]:
    return {
        **os.environ,
        "MEETCORE_DATA_DIR": str(folder),
        "MEETCORE_CACHE_DIR": str(resolver.cache_dir),
        "MEETCORE_RECOGNIZER": "tiny.en",
        "PYTHONPATH": str(ROOT),
    }


def serve(folder: Path, upload: Path, resolver: WeightResolver) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SERVER, str(upload)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(folder, resolver),
        cwd=folder,
    )


def kill(process: subprocess.Popen[Any]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)


def result(folder: Path) -> dict[str, Any]:
    with opened(folder) as store:
        (job,) = store.jobs.list()
        assert job.state is JobState.DONE, job.detail
        return everything(store, job.meeting_id)


class opened:
    """The store of a data folder."""

    def __init__(self, folder: Path) -> None:
        self.store = open_store(f"sqlite:///{folder / 'meetcore.db'}")

    def __enter__(self) -> MeetingStore:
        return self.store

    def __exit__(self, *_: object) -> None:
        self.store.close()


def test_a_job_killed_at_random_moments_ends_as_uninterrupted(
    resolver: WeightResolver,
    sample_audio: Samples,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    upload = tmp_path / "talk.wav"

    def fresh(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        write_wav(upload, np.tile(to_pcm(sample_audio), 2))
        return folder

    whole = fresh("whole")
    began = time.monotonic()
    server = serve(whole, upload, resolver)
    server.communicate(timeout=600)
    whole_s = time.monotonic() - began
    wanted = result(whole)
    wanted["meeting"] = (*wanted["meeting"][:5], None, *wanted["meeting"][6:])
    random_numbers = random.Random(4)
    kills, jobs, stages = 0, 0, dict[str, int]()
    while kills < KILLS:
        folder = fresh(f"killed-{jobs}")
        jobs += 1
        for _ in range(8):
            server = serve(folder, upload, resolver)
            assert server.stdout is not None and server.stdout.readline() == "begun\n"
            # A kill before the job gets further would be an attempt without progress.
            stage = wait_for_progress(folder, server)
            time.sleep(random_numbers.uniform(0.0, 0.6 * whole_s / 4))
            if stage == DONE or server.poll() is not None:
                break
            kill(server)
            kills += 1
            stages[stage] = stages.get(stage, 0) + 1
        else:
            server = serve(folder, upload, resolver)
        if server.poll() is None or server.returncode:
            server.communicate(timeout=600)
        if server.returncode:
            server = serve(folder, upload, resolver)
            server.communicate(timeout=600)
        ended = result(folder)
        ended["meeting"] = (*ended["meeting"][:5], None, *ended["meeting"][6:])
        assert ended == wanted
    with capsys.disabled():
        sys.stdout.write(
            f"\n{kills} SIGKILLs in {jobs} jobs ({stages}): each ended as uninterrupted"
        )


def wait_for_progress(folder: Path, server: subprocess.Popen[str]) -> str:
    """Wait until the job has completed a stage or piece that it had not; the stage it is in."""
    with opened(folder) as store:
        (job,) = store.jobs.list()
        before = (job.stage, job.checkpoint_samples)
        deadline = time.monotonic() + 300.0
        while server.poll() is None and time.monotonic() < deadline:
            now = store.jobs.get(job.meeting_id)
            assert now is not None
            if now.state is JobState.DONE:
                return DONE
            if (now.stage, now.checkpoint_samples) != before:
                return now.stage.value
            time.sleep(0.01)
        return job.stage.value
