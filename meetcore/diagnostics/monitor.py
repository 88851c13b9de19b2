"""Samples the process and each running meeting every two seconds, for charts."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from meetcore.diagnostics.process_usage import ProcessSample, ProcessSampler
from meetcore.records import LiveSnapshot
from meetcore.supervised import keep_running

INTERVAL_S = 2.0
HISTORY_S = 600.0
HISTORY = round(HISTORY_S / INTERVAL_S)
"""Samples kept of the process and of each meeting."""
ENDED_KEPT = timedelta(seconds=60)
"""How long the samples of a meeting that ended are kept."""
STOP_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class HealthSample:
    """Health of a running meeting at one moment; fields as in LiveHealth."""

    at: datetime
    backlog: float
    step: float
    rtf: float
    latency_p50: float | None
    latency_p95: float | None
    chunk_errors: int
    samples_on_disk: int
    frames_offered: int


@dataclass(frozen=True, slots=True)
class MonitorView:
    """The samples of the last ten minutes, oldest first."""

    process: tuple[ProcessSample, ...] = ()
    meetings: Mapping[str, tuple[HealthSample, ...]] = field(default_factory=dict)
    """By meeting id; a meeting that ended is removed after a minute."""


class Monitor:
    """Owns the thread that samples every two seconds.

    Parameters
    ----------
    running : callable
        Returns the snapshots of all running meetings.
    worker_pid : callable
        Returns the process id of the worker process of second passes, or None without one.
    now : callable
        The wall clock, with a time zone.
    """

    def __init__(
        self,
        running: Callable[[], Iterable[LiveSnapshot]],
        worker_pid: Callable[[], int | None] = lambda: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._running = running
        self._now = now
        self._sampler = ProcessSampler(worker_pid)
        self._process: deque[ProcessSample] = deque(maxlen=HISTORY)
        self._meetings: dict[str, deque[HealthSample]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start sampling; idempotent, and possible again after stop()."""
        with self._lock:
            if self._thread is not None:
                return
            self._stopping = threading.Event()
            self._thread = threading.Thread(
                target=self._run, args=(self._stopping,), name="monitor", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Stop the thread and wait for its end; the samples are kept. Idempotent."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._stopping.set()
        if thread is not None:
            thread.join(STOP_TIMEOUT_S)

    def sample(self) -> None:
        """Take one sample now. Called on the monitor's thread."""
        now = self._now()
        process = self._sampler.sample(now)
        sampled = {each.meeting_id: _health(each, now) for each in self._running()}
        with self._lock:
            self._process.append(process)
            for meeting_id, health in sampled.items():
                self._meetings.setdefault(meeting_id, deque(maxlen=HISTORY)).append(health)
            for meeting_id in [each for each in self._meetings if each not in sampled]:
                if now - self._meetings[meeting_id][-1].at > ENDED_KEPT:
                    del self._meetings[meeting_id]

    def snapshot(self) -> MonitorView:
        """The samples so far; cheap, callable from any thread."""
        with self._lock:
            meetings = {name: tuple(samples) for name, samples in self._meetings.items()}
            return MonitorView(tuple(self._process), meetings)

    def _run(self, stopping: threading.Event) -> None:
        def step() -> None:
            self.sample()
            stopping.wait(INTERVAL_S)

        keep_running("monitor", step, stopping.is_set, stopping.wait)


def _health(snapshot: LiveSnapshot, now: datetime) -> HealthSample:
    health = snapshot.health
    return HealthSample(
        at=now,
        backlog=health.backlog,
        step=health.step,
        rtf=health.rtf,
        latency_p50=health.latency_p50,
        latency_p95=health.latency_p95,
        chunk_errors=health.chunk_errors,
        samples_on_disk=health.samples_on_disk,
        frames_offered=health.frames_offered,
    )
