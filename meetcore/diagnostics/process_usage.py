"""What this process takes of the machine: memory, threads, files, processor, and the device's."""

from __future__ import annotations

import logging
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import psutil

logger = logging.getLogger(__name__)

MIB = 1024.0 * 1024.0
DEVICE_S = 30.0
"""How long the device's answer is believed: asking starts a process."""
DEVICE_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class ProcessSample:
    """What this process took at one moment."""

    at: datetime
    rss_mib: float
    """Memory of its own."""
    threads: int
    open_files: int
    """Descriptors: files, sockets and pipes."""
    cpu_percent: float
    """Of one core, since the sample before; 0 for the first."""
    worker_rss_mib: float | None = None
    """Memory of the process that does second passes, while there is one."""
    device_memory_mib: float | None = None
    """In use on all GPUs by everybody, at most half a minute old; None without one."""


class ProcessFigures:
    """Takes samples of this process, and of the worker where there is one; for one thread."""

    def __init__(
        self, worker_pid: Callable[[], int | None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._worker_pid = worker_pid
        self._process = psutil.Process()
        self._process.cpu_percent()  # Says nothing the first time.
        self._device = DeviceMemory(clock)

    def sample(self, at: datetime) -> ProcessSample:
        """What is taken now."""
        with self._process.oneshot():
            return ProcessSample(
                at=at,
                rss_mib=self._process.memory_info().rss / MIB,
                threads=self._process.num_threads(),
                open_files=_open_files(self._process),
                cpu_percent=self._process.cpu_percent(),
                worker_rss_mib=_rss_mib(self._worker_pid()),
                device_memory_mib=self._device.used_mib(),
            )


class DeviceMemory:
    """Asks the driver's own tool: importing torch for this would take seconds and memory."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tool = shutil.which("nvidia-smi")
        self._asked_at = float("-inf")
        self._used: float | None = None

    def used_mib(self) -> float | None:
        """Memory in use on all GPUs; None where there is none that answers."""
        if self._tool is not None and self._clock() - self._asked_at > DEVICE_S:
            self._asked_at = self._clock()
            self._used = self._ask(self._tool)
        return self._used

    def _ask(self, tool: str) -> float | None:
        query = [tool, "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
        try:
            answer = subprocess.run(
                query, capture_output=True, text=True, timeout=DEVICE_TIMEOUT_S, check=True
            )
            return sum(float(line) for line in answer.stdout.splitlines() if line.strip())
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            logger.info("the device's memory is not known: %s", type(error).__name__)
            return None


def _open_files(process: psutil.Process) -> int:
    return int(process.num_fds() if psutil.POSIX else process.num_handles())


def _rss_mib(pid: int | None) -> float | None:
    """Memory of another process; None when it is gone by now."""
    if pid is None:
        return None
    try:
        return float(psutil.Process(pid).memory_info().rss / MIB)
    except psutil.Error:
        return None
