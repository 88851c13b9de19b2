"""The monitor: which samples it keeps, what it costs, and its thread."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from meetcore.diagnostics import monitor as module
from meetcore.diagnostics.monitor import HISTORY, Monitor
from meetcore.diagnostics.process_usage import GpuMemory, ProcessSampler
from meetcore.records import LiveHealth, LiveSnapshot, LiveState

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def snapshot(meeting_id: str, **health: float) -> LiveSnapshot:
    return LiveSnapshot(
        meeting_id,
        "Standup",
        LiveState.LISTENING,
        1.0,
        -30.0,
        0.0,
        (),
        (),
        None,
        (),
        LiveHealth(**health),  # type: ignore[arg-type]
    )


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def until(condition: object, timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_process_and_meetings_are_sampled_on_one_clock() -> None:
    clock = Clock()
    health = {"backlog": 1.5, "step": 0.6, "rtf": 0.3, "latency_p50": 1.1, "latency_p95": 2.2}
    counts = {"chunk_errors": 2, "samples_on_disk": 16_000, "frames_offered": 50}
    monitor = Monitor(lambda: [snapshot("m1", **health, **counts)], now=clock)
    monitor.sample()
    clock.advance(2.0)
    monitor.sample()
    view = monitor.snapshot()
    assert [each.at for each in view.process] == [NOON, NOON + timedelta(seconds=2)]
    assert [each.at for each in view.meetings["m1"]] == [each.at for each in view.process]
    newest = view.meetings["m1"][-1]
    assert {name: getattr(newest, name) for name in (*health, *counts)} == {**health, **counts}


def test_samples_of_an_ended_meeting_are_kept_for_a_minute() -> None:
    clock, running = Clock(), [snapshot("m1"), snapshot("m2")]
    monitor = Monitor(lambda: running, now=clock)
    monitor.sample()
    del running[0]
    clock.advance(59.0)
    monitor.sample()
    assert set(monitor.snapshot().meetings) == {"m1", "m2"}
    clock.advance(2.0)
    monitor.sample()
    assert set(monitor.snapshot().meetings) == {"m2"}


def test_samples_of_the_last_ten_minutes_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProcessSampler, "sample", lambda self, at: at)
    clock = Clock()
    monitor = Monitor(lambda: [snapshot("m1")], now=clock)
    for _ in range(HISTORY + 50):
        clock.advance(module.INTERVAL_S)
        monitor.sample()
    view = monitor.snapshot()
    assert len(view.process) == len(view.meetings["m1"]) == HISTORY == 300
    assert view.meetings["m1"][-1].at - view.meetings["m1"][0].at == timedelta(seconds=598)


def test_thread_starts_once_survives_a_failing_sample_and_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "INTERVAL_S", 0.01)
    calls: list[int] = []

    def running() -> list[LiveSnapshot]:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("the first sample fails")
        return [snapshot("m1")]

    monitor = Monitor(running)
    monitor.start()
    monitor.start()
    assert sum(thread.name == "monitor" for thread in threading.enumerate()) == 1
    until(lambda: len(monitor.snapshot().process) > 2)
    monitor.stop()
    monitor.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "monitor"]
    seen = len(monitor.snapshot().process)
    monitor.start()
    until(lambda: len(monitor.snapshot().process) > seen)
    monitor.stop()


def test_samples_are_of_this_process_and_its_worker() -> None:
    worker = subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert worker.stdout is not None and worker.stdout.readline() == b"\n"
        sampler = ProcessSampler(lambda: worker.pid)
        found = sampler.sample(NOON)
        assert found.rss_mib == pytest.approx(psutil.Process().memory_info().rss / 2**20, rel=0.1)
        assert found.threads >= threading.active_count()
        with Path(os.devnull).open() as first, Path(os.devnull).open() as second:
            assert first.fileno() != second.fileno()
            assert sampler.sample(NOON).open_files == found.open_files + 2
        assert found.worker_rss_mib is not None and 1.0 < found.worker_rss_mib < found.rss_mib + 50
    finally:
        worker.kill()
        worker.communicate()
    assert sampler.sample(NOON).worker_rss_mib is None


def test_cpu_percent_is_that_of_this_process() -> None:
    sampler = ProcessSampler(lambda: None)
    sampler.sample(NOON)
    wall, cpu = time.perf_counter(), time.process_time()
    while time.process_time() - cpu < 0.5:
        pass
    measured = sampler.sample(NOON).cpu_percent
    # Other processes take their share: the figure is compared with what this one was given.
    share = 100.0 * (time.process_time() - cpu) / (time.perf_counter() - wall)
    assert measured == pytest.approx(share, rel=0.2)


def test_gpu_memory_is_read_with_nvidia_smi_every_thirty_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fake nvidia-smi reports two GPUs, then fails."""
    tool, calls, now = tmp_path / "nvidia-smi", tmp_path / "calls", [0.0]
    tool.write_text(f"#!/bin/sh\necho x >> {calls}\necho 1024\necho 512\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    device = GpuMemory(lambda: now[0])
    assert [device.used_mib() for _ in range(5)] == [1536.0] * 5
    assert calls.read_text() == "x\n"
    tool.write_text("#!/bin/sh\nexit 9\n")
    now[0] += 31.0
    assert device.used_mib() is None
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert GpuMemory().used_mib() is None


def test_sampling_takes_less_than_a_hundredth_of_a_core() -> None:
    """The share of one core that sampling every two seconds takes, four meetings running."""
    monitor = Monitor(lambda: [snapshot(f"m{number}") for number in range(4)])
    monitor.sample()
    began = time.thread_time()
    for _ in range(50):
        monitor.sample()
    share = (time.thread_time() - began) / 50 / module.INTERVAL_S
    print(f"\na sample takes {share:.3%} of one core")  # noqa: T201
    assert share < 0.01
