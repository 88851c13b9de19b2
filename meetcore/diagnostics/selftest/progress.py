"""Progress of the self-test's pass over its file, and the time each stage took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.jobs.tasks import TaskObserver
from meetcore.records import JobStage

Progress = Callable[[str, float], None]
"""Called with the stage in words and the fraction done; may raise TaskStopped to end the pass."""


@dataclass(frozen=True, slots=True)
class StageSpan:
    """A stage's texts, and where on the progress bar it begins, has its models, and ends."""

    loading: str
    working: str
    begin: float
    loaded: float
    end: float


SPANS = {
    JobStage.DECODING: StageSpan("Starting", "Reading the conversation", 0.0, 0.1, 0.12),
    JobStage.RECOGNIZING: StageSpan("Loading the recognizer", "Recognizing words", 0.12, 0.3, 0.6),
    JobStage.DIARIZING: StageSpan(
        "Loading the speaker models", "Finding speakers", 0.6, 0.85, 0.95
    ),
    JobStage.ATTRIBUTING: StageSpan("", "Comparing with what was said", 0.95, 0.95, 1.0),
}
"""Fractions measured in a first run on two cores, which mostly loads models."""


class PassProgress:
    """Reports the progress of a pass, and measures each stage from when its models are loaded."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.spent: dict[JobStage, float] = {}
        """Wall-clock seconds of each finished stage, without the loading of models."""

    @contextmanager
    def during(self, stage: JobStage) -> Iterator[TaskObserver]:
        """The observer of one stage, which is measured meanwhile."""
        watch = _StageWatch(self._progress, SPANS[stage])
        watch.poll()
        yield watch
        self.spent[stage] = time.monotonic() - watch.loaded_at


class _StageWatch:
    """See meetcore.jobs.tasks.TaskObserver."""

    def __init__(self, progress: Progress, span: StageSpan) -> None:
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
