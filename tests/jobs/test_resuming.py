"""Jobs that end early: worker died, process restarted, cancelled, meeting deleted."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from meetcore.errors import (
    MeetingNotFoundError,
)
from meetcore.jobs.tasks import WorkerDiedError
from meetcore.records import (
    SAMPLE_RATE,
    JobStage,
    JobState,
    MeetingState,
)
from meetcore.service import trash
from meetcore.service.meeting_service import MeetingService
from tests.asr.fakes import ScriptedRecognizer
from tests.jobs.helpers import ended, job_of, over, uploaded
from tests.support.service_fixtures import Open
from tests.support.stand_ins import (
    RefusingStore,
    SlowRecognizer,
    StandIn,
    texts,
    until,
)


class CallsOnce(ScriptedRecognizer):
    """Calls a function at the n-th piece, once, and counts the samples it recognizes."""

    def __init__(self, at: int, then: Any) -> None:
        super().__init__()
        self.calls_left = at
        self.then = then
        self.recognized_samples = 0

    def recognize(self, samples: Any, options: Any) -> Any:
        self.calls_left -= 1
        if self.calls_left == 0:
            self.then()
        self.recognized_samples += samples.shape[0]
        return super().recognize(samples, options)


def test_job_resumes_at_its_checkpoint_after_the_worker_died(
    service: MeetingService, identifier: StandIn
) -> None:
    def die() -> None:
        raise WorkerDiedError("The worker process was ended by SIGKILL.")

    identifier.recognizer = dying = CallsOnce(3, die)
    meeting_id = uploaded(service, seconds=120.0)
    done = ended(service, meeting_id)
    assert done.state is MeetingState.DONE
    assert texts(service.store.transcript(meeting_id).segments) == [f"w{n}" for n in range(1, 241)]
    assert job_of(service, meeting_id).attempts == 1, "an attempt with progress is the first"
    # No piece was recognized twice: words that the dead worker sent are kept.
    assert dying.recognized_samples <= 121 * SAMPLE_RATE


def test_job_whose_worker_dies_twice_fails_with_a_sentence(
    service: MeetingService, identifier: StandIn
) -> None:
    class Deadly(ScriptedRecognizer):
        def recognize(self, samples: Any, options: Any) -> Any:
            raise WorkerDiedError("The worker process was ended by SIGKILL.")

    identifier.recognizer = Deadly()
    meeting_id = uploaded(service)
    failed = ended(service, meeting_id)
    assert failed.state is MeetingState.FAILED
    assert failed.detail.startswith("The worker process was ended by SIGKILL.")
    job = job_of(service, meeting_id)
    assert (job.attempts, job.stage) == (2, JobStage.RECOGNIZING)
    identifier.recognizer = ScriptedRecognizer()
    service.retry(meeting_id)
    until(lambda: job_of(service, meeting_id).state is JobState.DONE)


def test_restarted_service_resumes_a_job_at_its_checkpoint(
    open_service: Open, store: RefusingStore, identifier: StandIn
) -> None:
    slow = identifier.recognizer = SlowRecognizer()
    first = open_service()
    meeting_id = uploaded(first, seconds=120.0)
    assert slow.asked.wait(10)
    slow.leave.set()
    until(lambda: job_of(first, meeting_id).checkpoint_samples > 0)
    slow.leave.clear()
    first.shutdown(0.2)
    slow.leave.set()
    until(lambda: not first._runner._thread.is_alive())
    left = job_of(first, meeting_id)
    assert (left.state, left.attempts) == (JobState.QUEUED, 0) or left.state is JobState.DONE
    later = open_service()
    later.recover()
    until(lambda: job_of(later, meeting_id).state is JobState.DONE)
    assert texts(store.transcript(meeting_id).segments) == [f"w{n}" for n in range(1, 241)]


def test_cancelled_job_keeps_its_words_and_can_be_resumed(
    service: MeetingService, identifier: StandIn
) -> None:
    slow = identifier.recognizer = SlowRecognizer()
    meeting_id = uploaded(service)
    waiting = uploaded(service, "next.wav")
    assert slow.asked.wait(10)
    service.cancel(waiting)
    assert job_of(service, waiting).state is JobState.CANCELLED
    service.cancel(meeting_id)
    slow.leave.set()
    assert over(service, meeting_id).state is JobState.CANCELLED
    for each in (meeting_id, waiting):
        assert service.store.get(each).state is MeetingState.INTERRUPTED
        service.finalize(each)
        assert ended(service, each).state is MeetingState.DONE
        assert len(service.store.transcript(each).words) == 16


def test_deleted_meeting_is_hidden_at_once_and_can_be_restored(
    service: MeetingService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(trash, "time", SimpleNamespace(monotonic=lambda: now))
    monkeypatch.setattr(trash, "RESTORE_WINDOW_S", 8.0)
    kept, gone = uploaded(service), uploaded(service, "gone.wav")
    later = uploaded(service, "later.wav")
    for each in (kept, gone, later):
        ended(service, each)
    for each in (gone, kept):
        service.delete(each)
    assert [meeting.id for meeting in service.store.list_meetings()] == [later]
    service.restore(kept)
    now = 9.0
    service.delete(later)  # the thread looks at the clock again
    folder = tmp_path / "data" / "recordings"
    until(lambda: not (folder / gone).exists(), 60)
    with pytest.raises(MeetingNotFoundError):
        service.restore(gone)
    service.restore(later)
    assert {meeting.id for meeting in service.store.list_meetings()} == {kept, later}
    assert (folder / kept / "audio.flac").exists()


def test_meeting_deleted_while_its_job_runs_frees_the_runner(
    service: MeetingService, identifier: StandIn, tmp_path: Path
) -> None:
    slow = identifier.recognizer = SlowRecognizer()
    meeting_id = uploaded(service)
    assert slow.asked.wait(10)
    service.delete(meeting_id)
    slow.leave.set()
    until(lambda: not (tmp_path / "data" / "recordings" / meeting_id).exists())
    assert ended(service, uploaded(service)).state is MeetingState.DONE


def test_deletion_is_finished_after_a_restart(
    open_service: Open, store: RefusingStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trash, "RESTORE_WINDOW_S", 60.0)
    service = open_service()
    meeting_id = uploaded(service)
    ended(service, meeting_id)
    service.delete(meeting_id)
    service.shutdown(5)
    assert (tmp_path / "data" / "recordings" / meeting_id).exists()
    open_service().recover()
    until(lambda: not (tmp_path / "data" / "recordings" / meeting_id).exists())
    with pytest.raises(MeetingNotFoundError):
        store.get(meeting_id)


def test_two_services_on_one_folder_run_a_job_once(open_service: Open, identifier: StandIn) -> None:
    slow = identifier.recognizer = SlowRecognizer()
    server, shell = open_service(), open_service()
    meeting_id = uploaded(server)
    assert slow.asked.wait(10)
    shell.finalize(meeting_id)
    time.sleep(0.2)
    calls = len(slow.calls) if hasattr(slow, "calls") else None
    slow.leave.set()
    shell.run_job_and_wait(meeting_id)
    assert job_of(shell, meeting_id).state is JobState.DONE
    assert len(shell.store.transcript(meeting_id).words) == 16
    assert calls is None or calls <= 1
