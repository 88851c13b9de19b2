"""What ends a job early: each error has a sentence, and what keeps failing does not go on."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from filelock import FileLock

from meetcore.errors import MeetcoreError, StoreError
from meetcore.jobs import failure_sentence as sentences
from meetcore.jobs import job_queue, perform_task
from meetcore.jobs.executors import child_process
from meetcore.jobs.executors.child_process import ProcessExecutor
from meetcore.jobs.failure_sentence import failure_sentence
from meetcore.jobs.tasks import (
    CompactTask,
    DecodeTask,
    DiarizeTask,
    RecognizeTask,
    StalledTaskError,
    Task,
    UnexpectedTaskError,
)
from meetcore.records import Job, JobOptions, JobStage, JobState, MeetingState
from meetcore.service.meeting_service import MeetingService
from meetcore.supervised import thread_errors
from tests.asr.fakes import ScriptedRecognizer
from tests.jobs.helpers import ended, job_of, uploaded
from tests.support.service_fixtures import Open
from tests.support.stand_ins import SlowRecognizer, StandIn, until

ERRNOS = (errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO, errno.ENOENT, errno.EINVAL)
ERRORS: tuple[Exception, ...] = (
    *(OSError(number, os.strerror(number), "/home/ada/talk.caf") for number in ERRNOS),
    OSError("Seek failed"),
    ModuleNotFoundError("No module named 'torch'", name="torch"),
    ImportError("libcudart.so.12: cannot open shared object file"),
    RuntimeError("secret words"),
    KeyError("secret words"),
    ValueError("secret words"),
    ZeroDivisionError(),
    RecursionError(),
    UnicodeDecodeError("utf-8", b"said", 0, 1, "bad"),
    StoreError("The database refused a write. Check the free space, then try again."),
)
FOLDER = Path("folder")
TASKS: dict[JobStage, Task] = {
    JobStage.DECODING: DecodeTask(Path("talk.caf"), FOLDER, "talk.caf", 60.0),
    JobStage.RECOGNIZING: RecognizeTask(FOLDER, 0, JobOptions()),
    JobStage.DIARIZING: DiarizeTask(FOLDER, JobOptions()),
}


@pytest.mark.parametrize("source", [None, "upload"])
@pytest.mark.parametrize("stage", list(JobStage))
@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_every_error_of_a_stage_has_a_sentence_and_a_next_step(
    error: Exception, stage: JobStage, source: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: Exception = error
    if stage in TASKS:

        def fail(*arguments: Any) -> Any:
            raise error

        monkeypatch.setattr(perform_task, "_performed", fail)
        with pytest.raises(type(error) if isinstance(error, StoreError) else Exception) as caught:
            nothing: Any = SimpleNamespace()
            perform_task.perform(TASKS[stage], nothing, nothing, nothing)
        raised = caught.value
        if not isinstance(raised, MeetcoreError):
            raised = UnexpectedTaskError(type(raised).__name__)  # As the worker sends it.
    job = Job("m", JobState.RUNNING, stage, source_path=source)
    sentence = failure_sentence(job, raised)
    assert sentence.endswith(".") or "; run: " in sentence
    assert "second pass failed" not in sentence and "(OSError)" not in sentence
    assert "secret words" not in sentence and "/home" not in sentence
    told = ("again", "Free", "Check", "Close", "Export", "run:", "kept")
    assert any(word in sentence for word in told), sentence


def test_compacting_is_a_part_of_recognizing() -> None:
    assert perform_task._stage(CompactTask(FOLDER)) is JobStage.RECOGNIZING
    assert set(sentences._DOING) == set(JobStage)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_folder_that_cannot_be_locked_is_said_and_the_next_job_runs(
    service: MeetingService, identifier: StandIn, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(job_queue, "ELSEWHERE_S", 0.02)
    slow = identifier.recognizer = SlowRecognizer()
    first = uploaded(service)
    assert slow.asked.wait(10)
    blocked, free = uploaded(service, "blocked.wav"), uploaded(service, "free.wav")
    acquire = FileLock.acquire
    refusals = []

    def refuse(self: FileLock, *arguments: Any, **options: Any) -> Any:
        if blocked in self.lock_file:
            refusals.append(None)
            raise OSError(number, os.strerror(number), self.lock_file)
        return acquire(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(FileLock, "acquire", refuse)
        slow.leave.set()
        for each in (first, free):
            assert ended(service, each).state is MeetingState.DONE
        until(lambda: len(refusals) > 3)
        waiting = job_of(service, blocked)
        assert waiting.state is JobState.QUEUED
        assert "begins by itself" in waiting.detail
        assert str(service.recordings_dir) not in waiting.detail
        assert any(each.thread == "jobs" for each in thread_errors())
    assert ended(service, blocked).state is MeetingState.DONE
    assert job_of(service, blocked).detail == ""


def test_worker_without_progress_is_ended_and_the_queue_goes_on(
    service: MeetingService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)  # Reading it never ends.
    executor = ProcessExecutor(service._settings, stalled_s=1.0, loading_s=1.0)
    observer: Any = SimpleNamespace(poll=lambda: None, progress=lambda part: None)
    task = DecodeTask(pipe, tmp_path, "talk.wav", 60.0, speakers=False)
    with pytest.raises(StalledTaskError, match="made no progress"):
        executor.run(task, observer)
    assert executor.pid is None
    assert "try again" in failure_sentence(
        Job("m", JobState.RUNNING, JobStage.RECOGNIZING, source_path="x"),
        StalledTaskError("It made no progress for 30 minutes and was ended."),
    )
    executor.close()
    assert child_process.STALLED_S <= child_process.LOADING_S


@pytest.mark.parametrize("progress", [True, False])
def test_attempts_count_from_the_last_progress(
    open_service: Open, identifier: StandIn, progress: bool
) -> None:
    """Seven times the process ends in the middle of a job."""
    meeting_id, pieces = "", 0

    class Interrupted(ScriptedRecognizer):
        """Blocks at a piece, as many pieces later each time as there is progress."""

        def recognize(self, samples: Any, options: Any) -> Any:
            nonlocal pieces
            pieces += 1
            if pieces > (1 if progress else 0) and not leave:
                reached.append(None)
                raise SystemExit  # The thread ends as its process would: nothing is saved.
            return super().recognize(samples, options)

    leave = False
    reached: list[None] = []
    for number in range(7):
        identifier.recognizer, pieces = Interrupted(), 0
        before = len(reached)
        service = open_service()
        if number == 0:
            meeting_id = uploaded(service, seconds=300.0)
        else:
            service.recover()
        if job_of(service, meeting_id).state is JobState.FAILED:
            break
        until(lambda before=before: len(reached) > before)  # type: ignore[misc]
        until(lambda service=service: not service._runner._thread.is_alive())  # type: ignore[misc]
        service._recovery.release()
        assert job_of(service, meeting_id).state is JobState.RUNNING
    assert (job_of(service, meeting_id).state is JobState.FAILED) is not progress
    if progress:
        leave = True
        service = open_service()
        service.recover()
        assert ended(service, meeting_id).state is MeetingState.DONE
        assert len(service.store.transcript(meeting_id).words) == 600
    else:
        assert "begun 3 times" in job_of(service, meeting_id).detail
