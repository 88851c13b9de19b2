"""How far a pass over a file is, in words and as a part of the whole, and what each stage took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from meetcore.asr.offline.recording import PieceWords
from meetcore.jobs.tasks import TaskObserver
from meetcore.records import JobStage

Progress = Callable[[str, float], None]
"""Told the stage in words and the part done, several times a second; may raise TaskStopped."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stage's words, and where on the bar it begins, has its models, and ends."""

    loading: str
    working: str
    begin: float
    loaded: float
    end: float


SPANS = {
    JobStage.DECODING: Span("Starting", "Reading the conversation", 0.0, 0.1, 0.12),
    JobStage.RECOGNIZING: Span("Loading the recognizer", "Recognizing words", 0.12, 0.3, 0.6),
    JobStage.DIARIZING: Span("Loading the speaker models", "Finding speakers", 0.6, 0.85, 0.95),
    JobStage.ATTRIBUTING: Span("", "Comparing with what was said", 0.95, 0.95, 1.0),
}
"""Shares of the bar are those of a first run on two cores; loading is most of it."""


class Follower:
    """Tells how far a pass is, and keeps what each stage took once its models were there."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.spent: dict[JobStage, float] = {}

    @contextmanager
    def during(self, stage: JobStage) -> Iterator[TaskObserver]:
        """Follow one stage."""
        watch = _StageFollower(self._progress, SPANS[stage])
        watch.poll()
        yield watch
        self.spent[stage] = time.monotonic() - watch.loaded_at


class _StageFollower:
    """See meetcore.jobs.tasks.TaskObserver."""

    def __init__(self, progress: Progress, span: Span) -> None:
        self._progress = progress
        self._span = span
        self._part: float | None = None if span.loading else 0.0
        self.loaded_at = time.monotonic()

    def poll(self) -> None:
        span, part = self._span, self._part
        if part is None:
            self._progress(span.loading, span.begin)
        else:
            self._progress(span.working, span.loaded + part * (span.end - span.loaded))

    def progress(self, part: float) -> None:
        if self._part is None:
            self.loaded_at = time.monotonic()
        self._part = max(self._part or 0.0, min(part, 1.0))
        self.poll()

    def piece(self, words: PieceWords) -> None:
        self.poll()
