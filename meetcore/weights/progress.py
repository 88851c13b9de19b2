"""Progress of a download, and the error of a source that failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from meetcore.errors import MeetcoreError


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of one weight's download; `total_bytes` is 0 while the size is not known."""

    name: str
    done_bytes: int
    total_bytes: int
    source: str


ProgressCallback = Callable[[Progress], None]
"""Called on the threads that download, several at once; must be quick and thread-safe."""

Report = Callable[[int, int], None]
"""Done and total bytes of one transfer."""


class SourceFailedError(MeetcoreError):
    """One source of a weight failed; the message gives the reason, without the source's name."""

    is_logged = True


def reporter(name: str, source: str, progress: ProgressCallback | None) -> Report:
    """A Report that calls `progress` with the names of the weight and the source added."""

    def report(done_bytes: int, total_bytes: int) -> None:
        if progress is not None:
            progress(Progress(name, done_bytes, total_bytes, source))

    return report
