"""Jobs with real weights and a worker process, whose server gets SIGKILL at random moments."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from meetcore.audio.pcm import to_pcm
from meetcore.jobs.job_attempts import MAX_ATTEMPTS
from meetcore.records import SAMPLE_RATE, JobStage, JobState, Samples
from meetcore.store.meetings import MeetingStore, open_store
from meetcore.weights.resolver import WeightResolver
from tests.audio.test_media_files import write_wav
from tests.support.scripted_jobs import everything

pytestmark = [pytest.mark.long, pytest.mark.model]

KILLS = 20
BEGIN_FOR_S = 120.0
"""After so long no further job begins; tests/kills has the count that no machine lowers."""
LONGEST_S = 900.0
EXCERPT = slice(6 * SAMPLE_RATE, 18 * SAMPLE_RATE)
"""12 s in which both people of the sample speak."""
ROOT = Path(__file__).parents[2]
SERVER = """
import sys, time
from pathlib import Path
from meetcore.records import JobOptions, JobState
from meetcore.service.meeting_service import MeetingService
from meetcore.settings import load_settings
from meetcore.store.meetings import open_store

def mark(job):
    return (job.state, job.attempts, job.stage, job.checkpoint_samples)

settings = load_settings()
store = open_store(settings.database)
service = MeetingService(settings, store)
before = [mark(job) for job in store.jobs.list()]
service.recover()
if not before:
    service.import_file(Path(sys.argv[1]), "talk.wav", JobOptions())
(job,) = store.jobs.list()
while [mark(job)] == before or job.state is JobState.QUEUED:
    time.sleep(0.005)
    job = store.jobs.get(job.meeting_id)
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
    process.wait(60)


def result(folder: Path) -> dict[str, Any]:
    with opened(folder) as store:
        (job,) = store.jobs.list()
        assert job.state is JobState.DONE, job.detail
        left = everything(store, job.meeting_id)
        # The path of the recording differs with the folder.
        return left | {"meeting": (*left["meeting"][:5], None, *left["meeting"][6:])}


class opened:
    """The store of a data folder."""

    def __init__(self, folder: Path) -> None:
        self.store = open_store(f"sqlite:///{folder / 'meetcore.db'}")

    def __enter__(self) -> MeetingStore:
        return self.store

    def __exit__(self, *_: object) -> None:
        self.store.close()


@dataclass
class Killer:
    """Runs one job again and again, and kills its server in the stages that it comes to."""

    folder: Path
    start: Callable[[Path], subprocess.Popen[str]]
    seconds: dict[JobStage, float]
    """How long each stage takes; a moment of this span is chosen."""
    moments: random.Random

    def kill_until(self, most: int) -> list[JobStage]:
        """The stages of the kills, at most so many; the job is done afterwards."""
        stages: list[JobStage] = []
        while len(stages) < most:
            server = begun(self.start(self.folder))
            stage = self._moment(server)
            if stage is None:
                break
            kill(server)
            stages.append(stage)
        else:
            server = begun(self.start(self.folder))
        server.communicate(timeout=LONGEST_S)
        assert server.returncode == 0
        return stages

    def _moment(self, server: subprocess.Popen[str]) -> JobStage | None:
        """Wait for a moment to kill at; the stage it is in, or None once the job is done.

        A job that was killed MAX_ATTEMPTS times without getting further waits for its user: the
        last of these attempts is only killed after it got further.
        """
        with opened(self.folder) as store:
            (job,) = store.jobs.list()
            stage, since, wait = None, 0.0, 0.0
            while server.poll() is None:
                now = store.jobs.get(job.meeting_id)
                assert now is not None
                if now.state is JobState.DONE:
                    return None
                if now.stage is not stage:
                    stage, since = now.stage, time.monotonic()
                    wait = self.moments.uniform(0.0, self.seconds[stage])
                if now.attempts < MAX_ATTEMPTS and time.monotonic() - since >= wait:
                    return stage
                time.sleep(0.005)
            return None


def begun(server: subprocess.Popen[str]) -> subprocess.Popen[str]:
    """A server once its job is running."""
    assert server.stdout is not None and server.stdout.readline() == "begun\n"
    return server


def seconds_of_stages(folder: Path, server: subprocess.Popen[str]) -> dict[JobStage, float]:
    """Wait for a job's end; how long each of its stages took."""
    began: dict[JobStage, float] = {}
    with opened(folder) as store:
        (job,) = store.jobs.list()
        while server.poll() is None:
            now = store.jobs.get(job.meeting_id)
            assert now is not None
            began.setdefault(now.stage, time.monotonic())
            time.sleep(0.005)
    ends = [*list(began.values())[1:], time.monotonic()]
    took = {stage: end - start for (stage, start), end in zip(began.items(), ends, strict=True)}
    return {stage: took.get(stage, 0.0) for stage in JobStage} | {JobStage.ATTRIBUTING: 0.05}


def test_a_job_killed_in_any_stage_ends_as_uninterrupted(
    resolver: WeightResolver, sample_audio: Samples, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    upload = tmp_path / "talk.wav"

    def fresh(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        write_wav(upload, to_pcm(sample_audio)[EXCERPT])
        return folder

    def start(folder: Path) -> subprocess.Popen[str]:
        return serve(folder, upload, resolver)

    whole = fresh("whole")
    seconds = seconds_of_stages(whole, begun(start(whole)))
    wanted = result(whole)
    assert wanted["final"].words and len({turn.speaker for turn in wanted["turns"]}) == 2
    moments = random.Random(4)
    stages: list[str] = []
    n_jobs, began = 0, time.monotonic()
    while len(stages) < KILLS and (not n_jobs or time.monotonic() - began < BEGIN_FOR_S):
        folder = fresh(f"killed-{n_jobs}")
        n_jobs += 1
        killer = Killer(folder, start, seconds, moments)
        stages += [stage.value for stage in killer.kill_until(KILLS - len(stages))]
        assert result(folder) == wanted
    assert stages
    counted = ", ".join(f"{number} {stage}" for stage, number in Counter(stages).items())
    figure(f"{len(stages)} kills of {n_jobs} jobs with real weights ({counted}): same results")
