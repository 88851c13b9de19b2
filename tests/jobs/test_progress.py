"""Progress and remaining time of a job."""

from __future__ import annotations

from pathlib import Path

import pytest

from meetcore.jobs.remaining_time import Estimate, Speeds
from meetcore.jobs.stored_progress import StoredProgress
from meetcore.records import (
    JobStage,
)
from meetcore.service.meeting_service import MeetingService
from tests.jobs.helpers import ended, wav


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
