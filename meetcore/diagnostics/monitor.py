"""The last minutes of the process and of each running meeting, for charts."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from meetcore.diagnostics.process_usage import ProcessFigures, ProcessSample
from meetcore.records import LiveSnapshot

logger = logging.getLogger(__name__)

EVERY_S = 2.0
KEPT_S = 600.0
KEPT = round(KEPT_S / EVERY_S)
ENDED = timedelta(seconds=60)
"""How long a meeting that ended can still be seen."""
STOP_S = 10.0


@dataclass(frozen=True, slots=True)
class HealthSample:
    """How a running meeting was at one moment; see LiveHealth."""

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
    """The last ten minutes, oldest first."""

    process: tuple[ProcessSample, ...] = ()
    meetings: Mapping[str, tuple[HealthSample, ...]] = field(default_factory=dict)
    """By the meeting's id; one that ended disappears after a minute."""


class Monitor:
    """Owns the thread that samples every two seconds.

    Parameters
    ----------
    running : all running meetings
    worker_pid : of the process that does second passes, or None
    now : the wall clock, with a time zone
    """

    def __init__(
        self,
        running: Callable[[], Iterable[LiveSnapshot]],
        worker_pid: Callable[[], int | None] = lambda: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._running = running
        self._now = now
        self._figures = ProcessFigures(worker_pid)
        self._process: deque[ProcessSample] = deque(maxlen=KEPT)
        self._meetings: dict[str, deque[HealthSample]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to sample; idempotent, and possible again after a stop."""
        with self._lock:
            if self._thread is not None:
                return
            self._stopping = threading.Event()
            self._thread = threading.Thread(
                target=self._run, args=(self._stopping,), name="monitor", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it; what was sampled can still be seen. Idempotent."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._stopping.set()
        if thread is not None:
            thread.join(STOP_S)

    def sample(self) -> None:
        """Look once, now. Called on the monitor's thread."""
        now = self._now()
        process = self._figures.sample(now)
        looked = {each.meeting_id: _health(each, now) for each in self._running()}
        with self._lock:
            self._process.append(process)
            for meeting_id, health in looked.items():
                self._meetings.setdefault(meeting_id, deque(maxlen=KEPT)).append(health)
            for meeting_id in [each for each in self._meetings if each not in looked]:
                if now - self._meetings[meeting_id][-1].at > ENDED:
                    del self._meetings[meeting_id]

    def snapshot(self) -> MonitorView:
        """What was seen so far; cheap, from any thread."""
        with self._lock:
            meetings = {name: tuple(samples) for name, samples in self._meetings.items()}
            return MonitorView(tuple(self._process), meetings)

    def _run(self, stopping: threading.Event) -> None:
        """The except is broad because this is the top of a thread: one look failed, not all."""
        while not stopping.is_set():
            try:
                self.sample()
            except Exception:
                logger.exception("a look at the process failed")
            stopping.wait(EVERY_S)


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
