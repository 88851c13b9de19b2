"""Resource usage of this process: memory, threads, open files, CPU, and GPU memory."""

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
GPU_INTERVAL_S = 30.0
"""How long a reading of the GPU memory is used: reading it starts a process."""
GPU_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class ProcessSample:
    """Resource usage at one moment."""

    at: datetime
    rss_mib: float
    """Resident memory."""
    threads: int
    open_files: int
    """File descriptors: files, sockets and pipes."""
    cpu_percent: float
    """Of one core, since the previous sample; 0 for the first."""
    worker_rss_mib: float | None = None
    """Resident memory of the worker process of second passes; None without one."""
    device_memory_mib: float | None = None
    """In use on all GPUs by all processes, at most 30 s old; None without a GPU."""


class ProcessSampler:
    """Takes samples of this process and its worker process; used by one thread."""

    def __init__(
        self, worker_pid: Callable[[], int | None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._worker_pid = worker_pid
        self._process = psutil.Process()
        self._process.cpu_percent()  # The first call returns 0.
        self._gpu = GpuMemory(clock)

    def sample(self, at: datetime) -> ProcessSample:
        """The usage now."""
        with self._process.oneshot():
            return ProcessSample(
                at=at,
                rss_mib=self._process.memory_info().rss / MIB,
                threads=self._process.num_threads(),
                open_files=_open_files(self._process),
                cpu_percent=self._process.cpu_percent(),
                worker_rss_mib=_rss_mib(self._worker_pid()),
                device_memory_mib=self._gpu.used_mib(),
            )


class GpuMemory:
    """Reads GPU memory with nvidia-smi; importing torch for it would take seconds and memory."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tool = shutil.which("nvidia-smi")
        self._read_at = float("-inf")
        self._used: float | None = None

    def used_mib(self) -> float | None:
        """Memory in use on all GPUs in MiB; None without a GPU or where nvidia-smi fails."""
        if self._tool is not None and self._clock() - self._read_at > GPU_INTERVAL_S:
            self._read_at = self._clock()
            self._used = self._read(self._tool)
        return self._used

    def _read(self, tool: str) -> float | None:
        query = [tool, "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
        try:
            output = subprocess.run(
                query, capture_output=True, text=True, timeout=GPU_TIMEOUT_S, check=True
            )
            return sum(float(line) for line in output.stdout.splitlines() if line.strip())
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            logger.info("nvidia-smi failed, so GPU memory is not known: %s", type(error).__name__)
            return None


def _open_files(process: psutil.Process) -> int:
    return int(process.num_fds() if psutil.POSIX else process.num_handles())


def _rss_mib(pid: int | None) -> float | None:
    """Resident memory of another process; None where it has ended."""
    if pid is None:
        return None
    try:
        return float(psutil.Process(pid).memory_info().rss / MIB)
    except psutil.Error:
        return None
