"""Name of the processor, which every table of a bench states: figures depend on it."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def processor() -> str:
    """Model and number of cores that this process may use, such as "AMD EPYC, 2 cores"."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return f"{_model()}, {cores} core{'s' if cores != 1 else ''}"


def _model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(filter(None, names), platform.processor() or platform.machine())
