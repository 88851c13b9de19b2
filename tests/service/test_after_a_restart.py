"""What the next process does about a crash, a clean stop, and models that load late."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from meetcore.audio.recording import RecordingWriter
from meetcore.errors import MeetingStateError
from meetcore.records import Job, JobStage, JobState, MeetingState, Stage
from meetcore.service.meeting_service import LiveMeeting, MeetingService
from tests.support.service_fixtures import Open
from tests.support.stand_ins import RefusingStore, SlowRecognizer, StandIn, talk, until


def begin(service: MeetingService, seconds: float = 4.0) -> LiveMeeting:
    live = service.live(service.start("Meeting"))
    assert live is not None
    live.offer(talk(seconds), "tab")
    until(lambda: live.snapshot().elapsed == seconds)
    return live


def recorded(tmp_path: Path, meeting_id: str) -> None:
    writer = RecordingWriter(tmp_path / "data" / "recordings" / meeting_id, fsync_s=1)
    writer.append(talk(4.0))
    writer.close()


def is_done(service: MeetingService, meeting_id: str) -> bool:
    return service.store.get(meeting_id).state is MeetingState.DONE


def test_crashed_meeting_is_interrupted_as_long_as_its_recording_and_can_be_finished(
    open_service: Open, store: RefusingStore, tmp_path: Path
) -> None:
    meeting = store.create_meeting("Crashed")
    writer = RecordingWriter(tmp_path / "data" / "recordings" / meeting.id, fsync_s=1)
    writer.append(talk(4.0))
    writer.close()
    service = open_service()
    (found,) = service.recover()
    assert (found.id, found.state, found.duration) == (meeting.id, MeetingState.INTERRUPTED, 4.0)
    service.finalize(meeting.id)
    until(lambda: is_done(service, meeting.id))
    assert len(store.transcript(meeting.id).words) == 8


def test_crashed_meeting_without_a_recording_is_interrupted_too(
    open_service: Open, store: RefusingStore
) -> None:
    meeting = store.create_meeting("Nothing")
    service = open_service()
    assert [each.id for each in service.recover()] == [meeting.id]
    service.finalize(meeting.id)
    until(lambda: is_done(service, meeting.id))


def test_killed_job_goes_on_as_does_one_that_waited(
    open_service: Open, store: RefusingStore, tmp_path: Path
) -> None:
    """A crash costs one attempt of three."""
    ids = [store.create_meeting(title).id for title in ("Killed", "Waited")]
    for meeting_id, state in zip(ids, (JobState.RUNNING, JobState.QUEUED), strict=True):
        recorded(tmp_path, meeting_id)
        store.update(meeting_id, state=MeetingState.FINALIZING, progress=0.4)
        store.jobs.put(Job(meeting_id, state, JobStage.RECOGNIZING, attempts=1))
    service = open_service()
    assert service.recover() == []
    until(lambda: all(is_done(service, each) for each in ids))


def test_job_that_was_begun_too_often_fails_until_it_is_retried(
    open_service: Open, store: RefusingStore, tmp_path: Path
) -> None:
    meeting_id = store.create_meeting("Deadly").id
    recorded(tmp_path, meeting_id)
    store.update(meeting_id, state=MeetingState.FINALIZING, progress=0.4)
    store.jobs.put(Job(meeting_id, JobState.RUNNING, JobStage.RECOGNIZING, attempts=3))
    service = open_service()
    assert service.recover() == []
    failed = store.get(meeting_id)
    assert failed.state is MeetingState.FAILED
    assert failed.detail.startswith("Its work was begun 3 times")
    service.retry(meeting_id)
    until(lambda: is_done(service, meeting_id))


def test_a_store_that_refuses_at_the_start_delays_jobs_and_nothing_else(
    open_service: Open, store: RefusingStore, tmp_path: Path
) -> None:
    ids = [store.create_meeting(title).id for title in ("Deadly", "Waited", "Waited too")]
    for meeting_id in ids:
        recorded(tmp_path, meeting_id)
        store.update(meeting_id, state=MeetingState.FINALIZING, progress=0.0)
    store.jobs.put(Job(ids[0], JobState.RUNNING, JobStage.RECOGNIZING, attempts=3))
    service = open_service()
    store.refused = {"jobs.put", "jobs.update"}
    assert service.recover() == []
    store.refused = set()
    until(lambda: all(is_done(service, each) for each in ids[1:]))
    service.retry(ids[0])
    until(lambda: is_done(service, ids[0]))


def test_second_pass_without_a_job_as_older_releases_left_it(
    open_service: Open, store: RefusingStore, tmp_path: Path
) -> None:
    ids = [store.create_meeting(title).id for title in ("Killed", "Waited")]
    for meeting_id, progress in zip(ids, (0.4, 0.0), strict=True):
        recorded(tmp_path, meeting_id)
        store.update(meeting_id, state=MeetingState.FINALIZING, progress=progress)
    service = open_service()
    assert [each.id for each in service.recover()] == [ids[0]]
    until(lambda: is_done(service, ids[1]))
    assert store.get(ids[0]).state is MeetingState.INTERRUPTED


def test_running_meetings_are_not_interrupted_by_a_second_recovery(service: MeetingService) -> None:
    live = begin(service)
    assert service.recover() == []
    assert service.store.get(live.meeting_id).state is MeetingState.LIVE


def test_shutdown_flushes_running_meetings_and_the_next_start_finishes_them(
    open_service: Open, store: RefusingStore, identifier: StandIn
) -> None:
    identifier.recognizer = SlowRecognizer()
    service = open_service()
    live = begin(service)
    meeting_id = live.meeting_id
    threading.Timer(1.0, identifier.recognizer.leave.set).start()
    service.shutdown(10)
    assert identifier.closed
    assert store.get(meeting_id).state is MeetingState.FINALIZING
    assert store.get(meeting_id).progress == 0.0
    assert len(store.transcript(meeting_id, Stage.PROVISIONAL).words) == 8
    identifier.recognizer.leave.set()
    later = open_service()
    assert later.recover() == []
    until(lambda: is_done(later, meeting_id))


def test_shutdown_while_the_models_load_does_not_hang_nor_fail_the_meeting(
    open_service: Open, store: RefusingStore
) -> None:
    service = open_service(load=False)
    meeting_id = begin(service).meeting_id
    live = service.live(meeting_id)
    assert live is not None
    live.stop()
    assert live.join(10)
    until(lambda: store.jobs.get(meeting_id).state is JobState.RUNNING)
    began = time.monotonic()
    service.shutdown(10)
    assert time.monotonic() - began < 3.0
    left, job = store.get(meeting_id), store.jobs.get(meeting_id)
    assert (left.state, left.progress, left.detail) == (MeetingState.FINALIZING, 0.0, "")
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    later = open_service()
    assert later.recover() == []
    until(lambda: is_done(later, meeting_id))


def test_meeting_that_flushes_too_long_is_left_to_the_next_start(
    open_service: Open, store: RefusingStore, identifier: StandIn
) -> None:
    """SIGTERM must not turn a slow flush into a crash, nor close models still in use."""
    go = threading.Event()

    class Endless(type(identifier.make_words())):  # type: ignore[misc]
        def flush(self) -> Any:
            go.wait(20)
            return super().flush()

    identifier.make_words = Endless
    service = open_service()
    meeting_id = begin(service).meeting_id
    service.shutdown(0.5)
    assert not identifier.closed
    assert store.get(meeting_id).state is MeetingState.FINALIZING
    go.set()
    live = service.live(meeting_id)
    assert live is None or live.join(10)
    identifier.make_words = Endless
    later = open_service()
    assert later.recover() == []
    until(lambda: is_done(later, meeting_id))


def test_step_that_outlasts_the_shutdown_is_no_crash(
    open_service: Open, store: RefusingStore, identifier: StandIn
) -> None:
    slow = identifier.recognizer = SlowRecognizer()
    service = open_service()
    meeting_id = begin(service).meeting_id
    live = service.live(meeting_id)
    assert live is not None
    live.stop()
    assert slow.asked.wait(10)
    assert store.get(meeting_id).progress > 0.0
    service.shutdown(0.2)
    assert not identifier.closed
    job = store.jobs.get(meeting_id)
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    slow.leave.set()
    later = open_service()
    assert later.recover() == []
    until(lambda: is_done(later, meeting_id))


def test_shutdown_is_idempotent_and_new_meetings_are_refused(service: MeetingService) -> None:
    service.shutdown(5)
    service.shutdown(5)
    for act in (lambda: service.start("New"), lambda: service.add_recording("New", b"")):
        with pytest.raises(MeetingStateError):
            act()
    assert service.store.list_meetings() == []


def test_meetings_started_while_it_shuts_down_are_stopped_or_refused(
    open_service: Open, store: RefusingStore
) -> None:
    service = open_service()
    refused = threading.Event()

    def keep_starting() -> None:
        while not refused.is_set():
            try:
                service.start("Late")
            except MeetingStateError:
                refused.set()

    starters = [threading.Thread(target=keep_starting) for _ in range(3)]
    for starter in starters:
        starter.start()
    time.sleep(0.1)
    service.shutdown(20)
    for starter in starters:
        starter.join(10)
    assert not [each for each in store.list_meetings(1000) if each.state is MeetingState.LIVE]


def test_service_leaves_no_thread(open_service: Open) -> None:
    before = {thread.ident for thread in threading.enumerate()}
    for _ in range(5):
        service = open_service()
        begin(service, 1.0)
        service.shutdown(10)
    assert {thread.ident for thread in threading.enumerate()} <= before


def test_more_meetings_than_a_page_of_the_list(
    open_service: Open, store: RefusingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("meetcore.service.recovery.PAGE", 3)
    ids = [store.create_meeting(str(n)).id for n in range(7)]
    for meeting_id in ids:
        store.update(meeting_id, state=MeetingState.FINALIZING)
    service = open_service()
    assert service.recover() == []
    until(lambda: all(is_done(service, each) for each in ids))
