"""What a fetch tells while it runs, and how one source says that it failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from meetcore.errors import MeetcoreError


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fetch is; `total_bytes` is 0 while nobody knows it."""

    name: str
    done_bytes: int
    total_bytes: int
    source: str


ProgressCallback = Callable[[Progress], None]
"""Called from whichever thread fetches; must be quick and safe to call from several at once."""

Report = Callable[[int, int], None]
"""Done and total bytes of one transfer."""


class SourceFailedError(MeetcoreError):
    """One source did not deliver; the text is the reason, without the source's name."""


def reporter(name: str, source: str, progress: ProgressCallback | None) -> Report:
    """A transfer's report bound to the weight and source it serves."""

    def report(done_bytes: int, total_bytes: int) -> None:
        if progress is not None:
            progress(Progress(name, done_bytes, total_bytes, source))

    return report
