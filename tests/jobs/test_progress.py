"""Progress and remaining time of a job."""

from __future__ import annotations

from pathlib import Path

import pytest

from meetcore.jobs.remaining_time import Estimate, Speeds
from meetcore.jobs.stored_progress import StoredProgress
from meetcore.jobs.stored_results import stages_left
from meetcore.records import Job, JobOptions, JobStage, JobState
from meetcore.service.meeting_service import MeetingService
from tests.jobs.helpers import ended, uploaded, wav


def test_progress_never_decreases(service: MeetingService, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    report = StoredProgress._report

    def observe(self: StoredProgress) -> None:
        report(self)
        seen.append(self._store.get(self._meeting_id).progress)

    monkeypatch.setattr(StoredProgress, "_report", observe)
    done = ended(service, service.add_recording("Bar", wav(60.0)))
    assert done.progress == 1.0
    assert seen == sorted(seen) and len(set(seen)) > 3
    assert seen[0] > 0.0 and seen[-1] < 1.0


def test_remaining_time_is_unknown_then_measured_and_shrinks(tmp_path: Path) -> None:
    stages = (JobStage.RECOGNIZING, JobStage.DIARIZING)
    estimate = Estimate(stages, {}, audio_s=100.0)
    assert estimate.remaining(JobStage.RECOGNIZING, 0.0, 0.0, 0.0, 0.0) is None
    half = estimate.remaining(JobStage.RECOGNIZING, 0.5, 0.0, 4.0, 4.0)
    # 4 s more of words, and speakers at the usual ratio: 8 s * 0.06 / 0.08.
    assert half == pytest.approx(4.0 + 6.0)
    later = estimate.remaining(JobStage.RECOGNIZING, 0.75, 0.0, 6.0, 6.0)
    assert later == pytest.approx(8.0)
    speeds = Speeds(tmp_path / "speeds.json")
    speeds.record(JobStage.DIARIZING, "", 20.0, 100.0)
    known = {JobStage.DIARIZING: speeds.get(JobStage.DIARIZING) or 0.0}
    assert known == {JobStage.DIARIZING: 0.2}
    resumed = Estimate(stages, known, audio_s=100.0)
    assert resumed.remaining(JobStage.DIARIZING, 0.0, 0.0, 0.0, 0.0) == pytest.approx(20.0)


@pytest.mark.parametrize("from_file", [True, False])
@pytest.mark.parametrize("speakers", [True, False])
def test_progress_and_time_left_are_those_of_the_stages_that_run(
    speakers: bool, from_file: bool
) -> None:
    first = JobStage.DECODING if from_file else JobStage.RECOGNIZING
    job = Job("m", JobState.RUNNING, first, JobOptions(speakers=speakers))
    stages = stages_left(job)
    last = JobStage.ATTRIBUTING if speakers else JobStage.RECOGNIZING
    assert (stages[0], stages[-1]) == (first, last)
    estimate = Estimate(stages, dict.fromkeys(JobStage, 0.1), audio_s=100.0)
    assert estimate.overall(stages[-1], 1.0) == pytest.approx(1.0)
    assert estimate.remaining(stages[-1], 1.0, 0.0, 10.0, 0.0) == pytest.approx(0.0)
    if not speakers:
        assert estimate.overall(JobStage.RECOGNIZING, 0.5) == pytest.approx(
            0.75 if from_file else 0.5
        )


def test_progress_without_speakers_reaches_the_end(
    service: MeetingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []
    report = StoredProgress._report

    def observe(self: StoredProgress) -> None:
        report(self)
        seen.append(self._store.get(self._meeting_id).progress)

    monkeypatch.setattr(StoredProgress, "_report", observe)
    ended(service, uploaded(service, seconds=60.0, speakers=False))
    assert seen[-1] == 0.99
