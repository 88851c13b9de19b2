"""A database that refuses any write of a meeting, from its start to the end of its second pass."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest

from meetcore.audio.recording import RecordingReader
from meetcore.errors import StoreError
from meetcore.jobs import stored_progress
from meetcore.records import SAMPLE_RATE, JobState, MeetingState, Stage
from meetcore.service.meeting_service import MeetingService
from meetcore.store.meetings import open_store
from tests.jobs.helpers import job_of
from tests.support.faults import offer
from tests.support.faulty_database import Fault, FaultyDatabase, faulty_store
from tests.support.live_meetings import ended, running
from tests.support.stand_ins import RefusingStore, talk, texts, until

SECONDS = 6.0
FAULTS = cycle(Fault)
WRITES = [(number, next(FAULTS)) for number in range(2, 24)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RefusingStore]:
    file = tmp_path / "meetcore.db"
    open_store(f"sqlite:///{file}").close()
    made, _ = faulty_store(file)
    yield RefusingStore(made)
    made.close()


@pytest.fixture(autouse=True)
def few_reports(monkeypatch: pytest.MonkeyPatch, quick: None) -> None:
    """A job's progress is written once a stage, so that the other writes are refused too."""
    monkeypatch.setattr(stored_progress, "REPORT_S", 1e9)


def database(store: RefusingStore) -> FaultyDatabase:
    found: FaultyDatabase = store._store._database
    return found


@pytest.mark.parametrize("fault", list(Fault))
def test_a_meeting_that_cannot_be_saved_does_not_begin(
    service: MeetingService, store: RefusingStore, fault: Fault
) -> None:
    faulty = database(store)
    faulty.fault, faulty.refuse = fault, range(faulty.n_writes + 1, faulty.n_writes + 2)
    with pytest.raises(StoreError) as refusal:
        service.start("Live")
    assert str(refusal.value).endswith("then try again.")
    assert service.running() == () and store.list_meetings() == []
    assert service.live(service.start("Again")) is not None


@pytest.mark.parametrize(("number", "fault"), WRITES)
def test_a_refused_write_costs_no_word_and_no_sample(
    service: MeetingService, store: RefusingStore, number: int, fault: Fault
) -> None:
    faulty = database(store)
    before = faulty.n_writes
    faulty.fault, faulty.refuse = fault, range(before + number, before + number + 3)
    live = running(service, service.start("Live"))
    audio = talk(SECONDS)
    for end in range(SAMPLE_RATE, audio.size + 1, SAMPLE_RATE):
        offer(live, audio[end - SAMPLE_RATE : end])
        until(lambda end=end: live.snapshot().health.samples_on_disk == end)  # type: ignore[misc]
    live.stop()
    done = ended(service, live.meeting_id, 30)
    assert (done.state, done.detail) == (MeetingState.DONE, "")
    folder = service.recordings_dir / live.meeting_id
    assert np.array_equal(RecordingReader(folder).read_pcm(), audio)
    job = job_of(service, live.meeting_id)
    assert (job.state, job.detail) == (JobState.DONE, "")
    final = store.transcript(live.meeting_id, Stage.FINAL)
    assert texts(final.segments) == [f"w{n}" for n in range(1, int(2 * SECONDS) + 1)]
    assert {segment.speaker for segment in final.segments} == {"S1", "S2"}
    assert not store.transcript(live.meeting_id, Stage.DRAFT).segments
    said = texts(store.transcript(live.meeting_id, Stage.PROVISIONAL).segments)
    assert said == [f"w{n}" for n in range(int(2 * SECONDS))]
    assert faulty.n_refused > 0 or faulty.n_writes < before + number
    assert not service.running() and not service._runner.pending()
