"""Diarization error rate (DER): missed speech, false alarms and speaker confusion."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from meetcore.records import Turn


@dataclass(frozen=True, slots=True)
class Span:
    """A scored stretch of the recording, in seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class DiarizationErrors:
    """Seconds of each kind of error; add them up to pool recordings."""

    missed: float = 0.0
    false_alarm: float = 0.0
    confusion: float = 0.0
    total: float = 0.0
    """Seconds of reference speech; overlapped speech counts once per speaker."""

    @property
    def rate(self) -> float:
        """Errors per second of reference speech, 0 being perfect.

        >>> DiarizationErrors(1.0, 0.5, 0.5, 20.0).rate
        0.1
        """
        errors = self.missed + self.false_alarm + self.confusion
        if self.total == 0:
            return float("inf") if errors else 0.0
        return errors / self.total

    def __add__(self, other: DiarizationErrors) -> DiarizationErrors:
        return DiarizationErrors(
            self.missed + other.missed,
            self.false_alarm + other.false_alarm,
            self.confusion + other.confusion,
            self.total + other.total,
        )


def diarization_errors(
    reference: Sequence[Turn], hypothesis: Sequence[Turn], scored: Sequence[Span] = ()
) -> DiarizationErrors:
    """The errors of turns against a reference, without a collar, overlapped speech included.

    Parameters
    ----------
    reference, hypothesis : sequence of Turn
        Labels may differ: the best one-to-one mapping of labels is used.
    scored : sequence of Span
        The scored stretches (a UEM); empty takes all from the first turn to the last.

    Notes
    -----
    Source: Bredin 2017, pyannote.metrics
    (https://www.isca-archive.org/interspeech_2017/bredin17_interspeech.html).
    """
    os.environ.setdefault("PYANNOTE_METRICS_ENABLED", "0")
    from pyannote.core import Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    spans = scored or _extent((*reference, *hypothesis))
    metric = DiarizationErrorRate(collar=0.0, skip_overlap=False)
    parts = metric(
        _annotation(reference),
        _annotation(hypothesis),
        uem=Timeline([Segment(span.start, span.end) for span in spans]),
        detailed=True,
    )
    return DiarizationErrors(
        missed=float(parts["missed detection"]),
        false_alarm=float(parts["false alarm"]),
        confusion=float(parts["confusion"]),
        total=float(parts["total"]),
    )


def _extent(turns: Sequence[Turn]) -> tuple[Span, ...]:
    if not turns:
        return ()
    return (Span(min(turn.start for turn in turns), max(turn.end for turn in turns)),)


def _annotation(turns: Sequence[Turn]) -> Any:
    """The turns as a pyannote annotation; each has its own track, so equal spans both count."""
    from pyannote.core import Annotation, Segment

    annotation = Annotation()
    for number, turn in enumerate(turns):
        annotation[Segment(turn.start, turn.end), number] = turn.speaker
    return annotation
