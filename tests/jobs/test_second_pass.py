"""The second pass of live meetings: missing models, failing models, a refusing store."""

from __future__ import annotations

from typing import Any

import pytest

from meetcore.errors import MeetingNotFoundError, MeetingStateError, StoreError
from meetcore.jobs import job_queue
from meetcore.records import JobOptions, JobStage, JobState, MeetingState, Mode, Stage
from meetcore.service.meeting_service import MeetingService
from meetcore.store import retry
from tests.asr.fakes import ScriptedRecognizer, failing
from tests.jobs.helpers import ended, job_of, spoken_live, wav
from tests.support.live_meetings import running
from tests.support.service_fixtures import Open
from tests.support.stand_ins import (
    RefusingStore,
    SlowRecognizer,
    StandIn,
    talk,
    texts,
    until,
)


def test_recording_only_keeps_the_audio_until_there_is_a_recognizer(
    open_service: Open, identifier: StandIn
) -> None:
    identifier.mode, identifier.recognizer = Mode.RECORDING_ONLY, None
    identifier.reason = "No recognizer could be had."
    service = open_service()
    meeting_id = spoken_live(service)
    failed = ended(service, meeting_id)
    assert failed.state is MeetingState.FAILED
    assert failed.detail == (
        "No recognizer could be had. The recording is kept; finish it once a recognizer is there."
    )
    assert (failed.duration, failed.mode) == (4.0, Mode.RECORDING_ONLY)
    service.shutdown(5)
    identifier.mode, identifier.recognizer = Mode.FULL, ScriptedRecognizer()
    later = open_service()
    assert later.recover() == []
    later.finalize(meeting_id)
    assert ended(later, meeting_id).state is MeetingState.DONE
    assert texts(later.store.transcript(meeting_id).segments) == [f"w{n}" for n in range(1, 9)]


def test_transcription_only_has_words_without_speakers(
    open_service: Open, identifier: StandIn
) -> None:
    identifier.mode, identifier.diarizer = Mode.TRANSCRIPTION_ONLY, None
    identifier.reason = "Speakers are switched off."
    service = open_service()
    meeting_id = spoken_live(service)
    done = ended(service, meeting_id)
    assert (done.state, done.mode) == (MeetingState.DONE, Mode.TRANSCRIPTION_ONLY)
    assert done.detail == "Speakers are switched off."
    final = service.store.transcript(meeting_id)
    assert {segment.speaker for segment in final.segments} == {None}
    assert len(final.words) == 8


def test_recognizer_that_always_fails_keeps_the_live_transcript(
    service: MeetingService, identifier: StandIn
) -> None:
    identifier.recognizer = ScriptedRecognizer(failing)
    meeting_id = spoken_live(service)
    failed = ended(service, meeting_id)
    assert failed.state is MeetingState.FAILED
    assert failed.detail.startswith("The recognizer failed on the whole recording")
    kept = service.store.transcript(meeting_id)
    assert kept.stage is Stage.PROVISIONAL and len(kept.words) == 8
    identifier.recognizer = ScriptedRecognizer()
    service.finalize(meeting_id)
    done = ended(service, meeting_id)
    assert (done.state, done.detail) == (MeetingState.DONE, "")


def test_unexpected_recognizer_error_is_a_sentence(
    service: MeetingService, identifier: StandIn
) -> None:
    class Broken(ScriptedRecognizer):
        def recognize(self, samples: Any, options: Any) -> Any:
            raise ZeroDivisionError

    identifier.recognizer = Broken()
    failed = ended(service, service.add_recording("Broken", wav()))
    assert failed.state is MeetingState.FAILED
    assert failed.detail.startswith("An unexpected error came up")


def test_pass_survives_a_store_that_refuses_for_a_while(
    service: MeetingService, store: RefusingStore, identifier: StandIn
) -> None:
    slow = identifier.recognizer = SlowRecognizer()
    meeting_id = service.add_recording("Locked", wav(8.0))
    assert slow.asked.wait(10)
    store.refused = {"update", "replace_transcript", "jobs.update"}
    slow.leave.set()
    until(lambda: store.refusals > 4)
    store.refused = set()
    done = ended(service, meeting_id)
    assert (done.state, done.detail) == (MeetingState.DONE, "")
    assert {segment.speaker for segment in store.transcript(meeting_id).segments} == {"S1", "S2"}


def test_request_that_the_store_refuses_changes_nothing(
    service: MeetingService, store: RefusingStore, identifier: StandIn
) -> None:
    identifier.recognizer = ScriptedRecognizer(failing)
    meeting_id = spoken_live(service)
    before = ended(service, meeting_id), job_of(service, meeting_id)
    identifier.recognizer = ScriptedRecognizer()
    for request in (
        lambda: service.finalize(meeting_id),
        lambda: service.retry(meeting_id, JobStage.RECOGNIZING, JobOptions(speakers=False)),
    ):
        store.refused = {"jobs.put"}
        with pytest.raises(StoreError):
            request()
        store.refused = set()
        assert (store.get(meeting_id), job_of(service, meeting_id)) == before
        assert not service._runner.pending()
    service.finalize(meeting_id)
    assert ended(service, meeting_id).state is MeetingState.DONE
    assert job_of(service, meeting_id).options == JobOptions()


def test_second_pass_of_a_stopped_meeting_waits_for_the_store(
    service: MeetingService, store: RefusingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "GIVE_UP_S", 0.1)
    meeting_id = service.start("Live")
    live = running(service, meeting_id)
    live.offer(talk(4.0), "tab")
    until(lambda: live.snapshot().elapsed == 4.0)
    store.refused = {"jobs.put", "jobs.update"}
    live.stop()
    assert live.join(10)
    refusals = store.refusals
    until(lambda: store.refusals > refusals + 12)
    store.refused = set()
    assert ended(service, meeting_id).state is MeetingState.DONE
    assert len(store.transcript(meeting_id).words) == 8


def test_waiting_job_that_was_not_saved_can_be_cancelled_and_asked_for_again(
    service: MeetingService, store: RefusingStore, identifier: StandIn
) -> None:
    slow = identifier.recognizer = SlowRecognizer()
    first = service.add_recording("Work", wav())
    assert slow.asked.wait(10)
    meeting_id = service.start("Live")
    live = running(service, meeting_id)
    live.offer(talk(4.0), "tab")
    until(lambda: live.snapshot().elapsed == 4.0)
    store.refused = {"jobs.put"}
    live.stop()
    assert live.join(10)
    with pytest.raises(StoreError):
        service.cancel(meeting_id)
    assert meeting_id in service._runner.pending()
    store.refused = set()
    service.cancel(meeting_id)
    assert store.get(meeting_id).state is MeetingState.INTERRUPTED
    assert job_of(service, meeting_id).state is JobState.CANCELLED
    service.retry(meeting_id, None, JobOptions(speakers=False, prompt="names"))
    slow.leave.set()
    for each in (first, meeting_id):
        assert ended(service, each).state is MeetingState.DONE
    assert job_of(service, meeting_id).options == JobOptions(speakers=False, prompt="names")


def test_end_of_a_job_that_the_store_refuses_is_saved_later(
    service: MeetingService,
    store: RefusingStore,
    identifier: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retry, "GIVE_UP_S", 0.1)
    monkeypatch.setattr(job_queue, "WAIT_S", 0.05)
    slow = identifier.recognizer = SlowRecognizer()
    meeting_id = service.add_recording("Work", wav())
    assert slow.asked.wait(10)
    store.refused = {"*"}
    slow.leave.set()
    until(lambda: not service._runner.pending())
    store.refused = set()
    failed = ended(service, meeting_id)
    assert failed.state is MeetingState.FAILED
    assert failed.detail == "The database is locked. The recording is kept; try again."
    service.finalize(meeting_id)
    assert ended(service, meeting_id).state is MeetingState.DONE
    assert len(store.transcript(meeting_id).words) == 8


def test_new_options_replace_those_of_a_waiting_job(
    service: MeetingService, identifier: StandIn
) -> None:
    slow = identifier.recognizer = SlowRecognizer()
    running_id = service.add_recording("Work", wav())
    assert slow.asked.wait(10)
    waiting = service.add_recording("Next", wav())
    wanted = JobOptions(speakers=False)
    service.retry(waiting, None, wanted)
    with pytest.raises(MeetingStateError, match="is being transcribed"):
        service.retry(running_id, None, wanted)
    slow.leave.set()
    for each in (running_id, waiting):
        assert ended(service, each).state is MeetingState.DONE
    assert job_of(service, waiting).options == wanted
    assert job_of(service, running_id).options == JobOptions()


def test_unknown_meeting_cannot_be_finished(service: MeetingService) -> None:
    for _ in range(2):
        with pytest.raises(MeetingNotFoundError):
            service.finalize("nobody")


def test_waiting_or_running_job_is_not_queued_twice(
    service: MeetingService, identifier: StandIn
) -> None:
    slow = identifier.recognizer = SlowRecognizer()
    meeting_id = service.add_recording("Work", wav())
    assert slow.asked.wait(10)
    waiting = service.add_recording("Next", wav())
    for each in (meeting_id, waiting):
        service.finalize(each)
    assert service._runner.pending() == {meeting_id, waiting}
    slow.leave.set()
    for each in (meeting_id, waiting):
        assert ended(service, each).state is MeetingState.DONE
    assert not service._runner.pending()


def test_done_meeting_can_be_queued_again_at_once(service: MeetingService) -> None:
    """The state DONE is written when the runner has no more use of the meeting."""
    for _ in range(15):
        meeting_id = spoken_live(service, 1.0)
        assert ended(service, meeting_id).state is MeetingState.DONE
        service.finalize(meeting_id)
        assert service.store.get(meeting_id).state is MeetingState.FINALIZING or ended(
            service, meeting_id
        )
