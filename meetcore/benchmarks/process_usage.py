"""CPU time and peak memory of this process, as the benches report them."""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from types import TracebackType


class UsageMeter:
    """Adds up CPU seconds (user and system, children included) over its `with` blocks."""

    def __init__(self) -> None:
        self.cpu_s = 0.0
        self._began = 0.0

    def __enter__(self) -> UsageMeter:
        self._began = _cpu_s()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.cpu_s += _cpu_s() - self._began

    @property
    def peak_rss_mib(self) -> float:
        """The largest resident memory of this process since its start, in MiB."""
        try:
            # Not ru_maxrss where this exists: Linux carries that over from the parent's fork.
            status = Path("/proc/self/status").read_text(encoding="ascii")
            lines = [line.split() for line in status.splitlines() if line.startswith("VmHWM:")]
            return int(lines[0][1]) / 1024
        except (OSError, IndexError):
            unit = 1024**2 if sys.platform == "darwin" else 1024
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _cpu_s() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)
