"""Every thread of the process: an unexpected error ends a step, not the thread, and is shown.

A thread that is not in THREADS fails the first test.
"""

from __future__ import annotations

import ast
import io
import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import app
from meetcore import supervised
from meetcore.benchmarks import overload, throttle
from meetcore.benchmarks.live import stream
from meetcore.cli import run as run_command
from meetcore.cli.job_progress import job_progress
from meetcore.diagnostics import examiner as examiner_module
from meetcore.diagnostics import monitor as monitor_module
from meetcore.diagnostics.examiner import Examiner
from meetcore.diagnostics.monitor import Monitor
from meetcore.diagnostics.selftest.run import SelfTest, SelfTestState
from meetcore.errors import InferenceError
from meetcore.jobs.executors import child_main, task_lane, worker_process
from meetcore.jobs.executors.child_process import ProcessExecutor
from meetcore.jobs.executors.messages import Exited, Failed
from meetcore.jobs.lazy_models import LazyModels
from meetcore.jobs.rolling_meeting import RollingMeeting
from meetcore.jobs.tasks import DecodeTask, RollTask, WorkerDiedError
from meetcore.live.heard_language import HeardLanguage
from meetcore.live.intake import Intake
from meetcore.live.persistence import TranscriptSaver
from meetcore.live.recognition import LiveRecognition
from meetcore.models import rungs
from meetcore.models.lighter_recognizer import LighterRecognizer
from meetcore.records import Job, JobOptions, JobStage, JobState, MeetingState
from meetcore.service import housekeeping
from meetcore.service.housekeeping import Housekeeping
from meetcore.service.meeting_service import MeetingService
from meetcore.service.model_retry import ModelRetry
from meetcore.supervised import ThreadErrors, keep_running, thread_errors
from meetcore.weights.http import HttpFetcher, SourceFailedError
from meetcore.weights.resolver import WeightResolver
from pages.shared import process
from tests.jobs.helpers import ended, uploaded
from tests.support.live_meetings import recognized_all, running, send
from tests.support.service_fixtures import identifier, open_service, quick, service, store
from tests.support.stand_ins import StandIn, until

__all__ = ["identifier", "open_service", "quick", "service", "store"]

ROOT = Path(__file__).parent.parent
SOURCES = (ROOT / "app.py", *(ROOT / "meetcore").rglob("*.py"), *(ROOT / "pages").rglob("*.py"))
STARTS = {"Thread", "Timer", "ThreadPoolExecutor"}


class UnexpectedError(Exception):
    """No code handles it by its class."""


@dataclass
class World:
    """What the checks may use."""

    service: MeetingService
    identifier: StandIn
    patch: pytest.MonkeyPatch
    folder: Path

    def fail_once(self, owner: Any, name: str) -> threading.Event:
        """Let the next call of a function raise; the event is set when it did."""
        whole, failed = getattr(owner, name), threading.Event()

        def call(*arguments: Any, **options: Any) -> Any:
            if not failed.is_set():
                failed.set()
                raise UnexpectedError("what was said")
            return whole(*arguments, **options)

        self.patch.setattr(owner, name, call)
        return failed


def told(thread: str) -> bool:
    """Whether Diagnostics shows the error, without its text."""
    return any(
        each.thread == thread and each.newest == "UnexpectedError" for each in thread_errors()
    )


@pytest.fixture
def world(
    service: MeetingService,
    identifier: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[World]:
    monkeypatch.setattr(supervised, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(supervised, "_met", {})
    yield World(service, identifier, monkeypatch, tmp_path)


def jobs_thread(world: World) -> None:
    for owner, name in (
        (world.service._runner._queue, "take"),
        (world.service._runner._accepted, "begin"),
        (world.service._runner._outcome, "save_unsaved"),
        (world.service._executor, "idle"),
    ):
        failed = world.fail_once(owner, name)
        meeting_id = uploaded(world.service)
        assert ended(world.service, meeting_id).state is MeetingState.DONE, name
        world.service._runner._queue.wake()
        until(failed.is_set)
    assert told("jobs")


def trash_thread(world: World) -> None:
    meeting_id = uploaded(world.service)
    ended(world.service, meeting_id)
    folder = world.service.recordings_dir / meeting_id
    failed = world.fail_once(world.service._trash, "_remove")
    world.service.delete(meeting_id, 0.0)
    until(lambda: not folder.exists())
    assert failed.is_set() and told("trash")


def monitor_thread(world: World) -> None:
    world.patch.setattr(monitor_module, "INTERVAL_S", 0.01)
    monitor = Monitor(world.service.running)
    failed = world.fail_once(monitor._sampler, "sample")
    monitor.start()
    until(lambda: monitor.snapshot().process)
    monitor.stop()
    assert failed.is_set() and told("monitor")


def examiner_thread(world: World) -> None:
    failed = world.fail_once(examiner_module, "quick_facts")
    examiner = Examiner(world.service._settings)
    examiner.start()
    until(lambda: failed.is_set() and not examiner._state.pending)
    assert told("diagnostics")
    examiner.start()
    until(lambda: examiner._state.facts.versions, 30)
    examiner.close(30)
    examiner._started_deep = True
    (finding,) = [f for f in examiner.snapshot().findings if f.rule == "thread-error"]
    assert "The diagnostics thread met an error (UnexpectedError" in finding.found
    assert "what was said" not in str(finding)


def self_test_thread(world: World) -> None:
    calls: list[None] = []

    def run(*arguments: Any) -> Any:
        calls.append(None)
        if len(calls) == 1:
            raise UnexpectedError("what was said")
        return None

    test = SelfTest(world.service._settings, run)
    for state in (SelfTestState.FAILED, SelfTestState.DONE):
        assert test.start()
        until(lambda state=state: test.snapshot().state is state)  # type: ignore[misc]
    assert told("self-test")
    test.close()


def retry_thread(world: World) -> None:
    failed = world.fail_once(world.service, "load_models")
    retry = ModelRetry(lambda: world.service.load_models())
    for trouble in (True, False):
        assert retry.start()
        until(lambda: not retry.running)
        assert bool(retry.snapshot().trouble) is trouble
    assert failed.is_set() and told("models")


def load_thread(world: World) -> None:
    world.patch.setattr(process, "service", lambda: world.service)
    failed = world.fail_once(world.service, "load_models")
    target = process.load_models
    assert f"target=process.{target.__name__}" in Path(app.__file__).read_text(encoding="utf-8")
    thread = threading.Thread(target=target)
    thread.start()
    thread.join(10)
    assert failed.is_set() and told("models")
    assert world.service.load_models() is not None


def meeting_thread(world: World) -> None:
    live = running(world.service, world.service.start("Live"))
    world.fail_once(LiveRecognition, "process")
    send(live, 4.0)
    until(recognized_all(live, 4.0))
    health = live.snapshot().health
    assert (health.chunk_errors, health.last_error) == (1, "UnexpectedError")
    live.stop()
    assert ended(world.service, live.meeting_id).state is MeetingState.DONE


def intake_thread(world: World) -> None:
    live = running(world.service, world.service.start("Live"))
    world.fail_once(Intake, "_write")
    send(live, 4.0)
    until(lambda: live.snapshot().elapsed >= 3.9)
    assert live.snapshot().health.chunk_errors == 1
    live.stop()
    assert ended(world.service, live.meeting_id).state is MeetingState.DONE


def saver_thread(world: World) -> None:
    live = running(world.service, world.service.start("Live"))
    failed = world.fail_once(TranscriptSaver, "_save_words")
    send(live, 4.0)
    until(recognized_all(live, 4.0))
    until(lambda: failed.is_set() and live.snapshot().health.unsaved_for == 0.0)
    assert live.snapshot().health.chunk_errors == 1
    assert len(world.service.store.transcript(live.meeting_id).words) == 7
    live.stop()
    assert ended(world.service, live.meeting_id).state is MeetingState.DONE


def lighter_loader(world: World) -> None:
    recognizer = LighterRecognizer(lambda: broken("load"))
    assert recognizer.get() is None
    until(lambda: told("smaller recognizer"))
    assert recognizer.get() is None
    recognizer.close()


def language_listener(world: World) -> None:
    identifier: Any = SimpleNamespace(language_probabilities=lambda *_: broken("probabilities"))
    settings: Any = None
    HeardLanguage(None, settings, broken)._listen(identifier, np.zeros(16_000, np.float32))
    assert told("language of a meeting")


def bench_throttle(world: World) -> None:
    """The process is continued, whatever ends the throttle."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    world.fail_once(throttle.os, "kill")
    with throttle.throttled(child.pid, 0.5):
        until(lambda: told("throttle"))
    child.communicate(b"\n", timeout=20)


def bench_talk(world: World) -> None:
    live: Any = SimpleNamespace(offer=lambda *_: None, snapshot=lambda: broken("snapshot"))
    meeting = overload._Meeting(live, np.zeros(16_000, np.float32))
    until(lambda: told("talk"))
    meeting.stop_talking()


def broken(what: str) -> Any:
    """Raise what no code handles."""
    raise UnexpectedError(what)


def housekeeping_thread(world: World) -> None:
    swept = threading.Event()
    world.patch.setattr(housekeeping, "EVERY_S", 0.01)
    leftovers: Any = SimpleNamespace(sweep=swept.set)
    thread = Housekeeping(world.service._settings, leftovers)
    failed = world.fail_once(thread, "_check")
    thread.start()
    until(lambda: failed.is_set() and swept.is_set())
    thread.stop()
    assert told("housekeeping")


def worker_reader(world: World) -> None:
    """A message that cannot be read ends the worker; the next task gets a new one."""
    world.fail_once(worker_process.pickle, "load")
    executor = ProcessExecutor(world.service._settings)
    task = DecodeTask(world.folder / "none.wav", world.folder, "none.wav", 60.0, speakers=False)
    observer: Any = SimpleNamespace(poll=lambda: None, progress=lambda part: None)
    with pytest.raises(WorkerDiedError):
        executor.run(task, observer)
    with pytest.raises(Exception, match=r"none\.wav"):
        executor.run(task, observer)
    executor.close()
    assert told("jobs")


def parent_reader(world: World) -> None:
    """The worker exits, and the server starts another."""
    exits: list[int] = []

    def leave(status: int) -> None:
        exits.append(status)
        raise SystemExit(status)

    world.patch.setattr(child_main.os, "_exit", leave)
    unreadable = b"cno.such.module\nname\n."
    pipe = child_main._ParentPipe(io.BytesIO(unreadable), io.BytesIO())
    with pytest.raises(SystemExit):
        pipe.receive()
    assert exits == [1]
    assert pickle.loads(pickle.dumps(Exited(1))) == Exited(1)


def worker_lane(world: World) -> None:
    """A task's error is an outcome; an error outside of one ends the worker."""
    sent: list[Any] = []
    ended: list[int] = []

    def send(message: Any) -> None:
        sent.append(message)
        if len(sent) == 2:
            raise UnexpectedError("what was said")

    world.patch.setattr(task_lane.os, "_exit", ended.append)
    lane = task_lane.TaskLane(send, "rolling")
    failing: Any = SimpleNamespace()
    lane.start(failing, failing)
    for _ in range(2):
        lane.take(RollTask(world.folder, 0, JobOptions()))
    until(lambda: ended == [1])
    assert all(isinstance(each, Failed) for each in sent)


def rolling_pass(world: World) -> None:
    """Words are settled all the same, by the next step."""
    service = world.service
    failed = world.fail_once(RollingMeeting, "roll")
    service._meetings._resources = replace(
        service._meetings._resources,
        settings=service._settings.model_copy(update={"rolling": True}),
    )
    live = running(service, service.start("Weekly"))
    send(live, 30.0)
    until(lambda: failed.is_set() and live.snapshot().shape.settled > 0)
    live.stop()
    assert told("rolling pass")


def name_look_up(world: World) -> None:
    world.fail_once(socket, "getaddrinfo")
    fetcher = HttpFetcher(2.0)
    with pytest.raises(SourceFailedError, match="cannot be looked up"):
        fetcher._open("https://nowhere.invalid/x", 0)


def job_follower(world: World) -> None:
    job = Job("m", JobState.RUNNING, JobStage.RECOGNIZING, overall=0.5)
    source = SimpleNamespace(read=lambda: job)
    failed = world.fail_once(source, "read")
    shown: list[Any] = []
    board: Any = SimpleNamespace(show=shown.append, close=lambda: None)
    with job_progress(board, lambda: source.read(), "talk.wav"):
        until(lambda: shown)
    assert failed.is_set() and told("progress bar")


def browser_opener(world: World) -> None:
    world.fail_once(run_command, "_open_when_ready")
    run_command._open_browser("127.0.0.1", 1)
    assert told("browser start")


def bench_stop(world: World) -> None:
    """A command of developers: the meeting's own error stands in its log, the rest goes on."""
    stopped = threading.Event()

    def meeting(stop: Callable[[], None]) -> Any:
        return SimpleNamespace(meeting=SimpleNamespace(stop=stop), observe=lambda: None)

    def fail() -> None:
        raise UnexpectedError

    world.patch.setattr(threading, "excepthook", lambda args: None)
    stream._stop_all([meeting(fail), meeting(stopped.set)])
    assert stopped.is_set()


def diarizer_loader(world: World) -> None:
    """A loader that fails is tried again for the next job."""
    models = LazyModels(world.service._settings, SimpleNamespace())  # type: ignore[arg-type]
    found = SimpleNamespace(model="diarizer", reasons=(), reasons_text="")
    world.patch.setattr("meetcore.jobs.lazy_models.find_diarizer", lambda *_: found)
    world.fail_once(__import__("meetcore.jobs.lazy_models").jobs.lazy_models, "find_diarizer")
    observer: Any = SimpleNamespace(poll=lambda: None)
    with pytest.raises(UnexpectedError):
        models.diarizer(observer)
    assert models.diarizer(observer).model == "diarizer"
    models.close()


def piece_recognizer(world: World) -> None:
    """The pool hands an error to the caller, who tells it: a piece costs its own words."""
    from meetcore.asr.offline.recognize_recording import _in_parallel

    def recognize(piece: Any) -> Any:
        if piece == 1:
            raise InferenceError("A piece failed.")
        return piece

    results = _in_parallel(recognize, [0, 1, 2], 2)  # type: ignore[list-item]
    assert next(results) == 0
    with pytest.raises(InferenceError):
        next(results)


def diarizer_of_meetings(world: World) -> None:
    """An error of the pool reaches whoever asked for the models."""
    world.patch.setattr(rungs, "find_diarizer", lambda *_: None)
    world.fail_once(rungs, "find_diarizer")
    world.patch.setattr(rungs, "_find_recognizers", lambda *_: None)
    with pytest.raises(UnexpectedError):
        rungs.load_models(world.service._settings, SimpleNamespace())  # type: ignore[arg-type]


def weight_fetcher(world: World) -> None:
    """An error of the pool reaches whoever asked for the weights."""
    resolver = WeightResolver(world.folder / "cache", offline=True)
    world.fail_once(resolver._cache, "verified")
    with pytest.raises(UnexpectedError):
        resolver.pull(["tiny.en"])


THREADS: dict[str, Callable[[World], None]] = {
    "app.py": load_thread,
    "meetcore/asr/offline/recognize_recording.py": piece_recognizer,
    "meetcore/benchmarks/live/stream.py": bench_stop,
    "meetcore/benchmarks/overload.py": bench_talk,
    "meetcore/benchmarks/throttle.py": bench_throttle,
    "meetcore/cli/job_progress.py": job_follower,
    "meetcore/cli/run.py": browser_opener,
    "meetcore/diagnostics/examiner.py": examiner_thread,
    "meetcore/diagnostics/monitor.py": monitor_thread,
    "meetcore/diagnostics/selftest/run.py": self_test_thread,
    "meetcore/jobs/executors/child_main.py": parent_reader,
    "meetcore/jobs/executors/task_lane.py": worker_lane,
    "meetcore/jobs/executors/worker_process.py": worker_reader,
    "meetcore/jobs/lazy_models.py": diarizer_loader,
    "meetcore/jobs/runner.py": jobs_thread,
    "meetcore/jobs/rolling_pass.py": rolling_pass,
    "meetcore/live/heard_language.py": language_listener,
    "meetcore/live/intake.py": intake_thread,
    "meetcore/live/live_meeting.py": meeting_thread,
    "meetcore/live/persistence.py": saver_thread,
    "meetcore/models/lighter_recognizer.py": lighter_loader,
    "meetcore/models/rungs.py": diarizer_of_meetings,
    "meetcore/service/housekeeping.py": housekeeping_thread,
    "meetcore/service/model_retry.py": retry_thread,
    "meetcore/service/trash.py": trash_thread,
    "meetcore/weights/http.py": name_look_up,
    "meetcore/weights/resolver.py": weight_fetcher,
}
"""By file: each starts one kind of thread. Its check kills a step once."""


def started_in(path: Path) -> int:
    """How many kinds of threads a file starts."""
    calls = [each for each in ast.walk(ast.parse(path.read_text("utf-8"))) if _is_start(each)]
    return len(calls)


def _is_start(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    return called in STARTS or (isinstance(node.func, ast.Name) and node.func.id in STARTS)


def test_every_thread_of_the_process_has_a_check() -> None:
    found = {path.relative_to(ROOT).as_posix(): started_in(path) for path in SOURCES}
    assert {name: count for name, count in found.items() if count} == dict.fromkeys(THREADS, 1)


@pytest.mark.parametrize("name", THREADS)
def test_an_unexpected_error_ends_a_step_and_not_the_thread(name: str, world: World) -> None:
    THREADS[name](world)


def test_a_loop_pauses_longer_with_each_error_in_a_row_and_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervised, "_met", {})
    outcomes = iter([True, True, True, True, False, True])
    pauses: list[float] = []
    left = [6]

    def step() -> None:
        left[0] -= 1
        if next(outcomes):
            raise UnexpectedError("what was said")

    monkeypatch.setattr(supervised, "LONGEST_PAUSE_S", 1.0)
    keep_running("test", step, lambda: not left[0], pauses.append)
    assert pauses == [0.25, 0.5, 1.0, 1.0, 0.25]
    (met,) = thread_errors()
    assert met == ThreadErrors("test", 5, "UnexpectedError", met.at)
    monkeypatch.setattr(supervised, "_met", {"test": replace(met, at=met.at - supervised.RECENT)})
    assert not thread_errors()
