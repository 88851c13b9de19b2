"""With real weights: a job killed between any two of its writes ends as an uninterrupted one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from meetcore.audio.pcm import to_pcm
from meetcore.jobs import stored_progress
from meetcore.jobs.executors.child_process import ProcessExecutor
from meetcore.records import Job, JobOptions, JobStage, JobState, MeetingState, Samples
from meetcore.settings import Settings
from meetcore.store.meetings import open_store
from meetcore.weights.resolver import WeightResolver
from tests.audio.test_media_files import write_wav
from tests.support.faulty_database import Killed
from tests.support.scripted_jobs import Place, store_in

pytestmark = pytest.mark.model


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is written once a stage: the other writes are counted."""
    monkeypatch.setattr(stored_progress, "REPORT_S", 1e9)


@pytest.fixture(scope="module")
def executor(
    resolver: WeightResolver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ProcessExecutor]:
    settings = Settings(
        _env_file=None,
        data_dir=tmp_path_factory.mktemp("worker"),
        cache_dir=resolver.cache_dir,
        recognizer="tiny.en",
    )
    made = ProcessExecutor(settings)
    yield made
    made.close()


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory, sample_audio: Samples) -> Place:
    """An upload of a minute of two speakers, whose job waits."""
    folder: Path = tmp_path_factory.mktemp("real") / "case"
    folder.mkdir()
    open_store(f"sqlite:///{folder / 'meetcore.db'}").close()
    with store_in(folder) as store:
        meeting = store.create_meeting("Talk", state=MeetingState.FINALIZING)
        upload = folder / "data" / "recordings" / meeting.id / "upload"
        upload.parent.mkdir(parents=True)
        write_wav(upload, np.tile(to_pcm(sample_audio), 2))
        job = Job(
            meeting.id,
            JobState.QUEUED,
            JobStage.DECODING,
            JobOptions(),
            source_path=str(upload),
        )
        store.jobs.put(job)
    return Place(folder, meeting.id)


@pytest.fixture(scope="module")
def whole(start: Place, executor: ProcessExecutor) -> tuple[int, dict[str, Any]]:
    """The number of writes of the uninterrupted job, and its result."""
    place = start.copy()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored_progress, "REPORT_S", 1e9)
        n_writes = place.run(executor)
    return n_writes, place.result()


@pytest.mark.parametrize("part", [0.3, 0.5, 0.7, 0.85, 0.95])
def test_killed_anywhere_it_ends_as_uninterrupted(
    part: float, start: Place, whole: tuple[int, dict[str, Any]], executor: ProcessExecutor
) -> None:
    n_writes, wanted = whole
    assert wanted["meeting"][0] is MeetingState.DONE
    assert len({turn.speaker for turn in wanted["exclusive"]}) == 2
    killed = start.copy()
    with pytest.raises(Killed):
        killed.run(executor, kill_after=round(part * n_writes))
    killed.run(executor)
    assert killed.result() == wanted, f"killed after write {round(part * n_writes)} of {n_writes}"
