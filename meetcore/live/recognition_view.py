"""`RecognitionView`: what one running meeting's recognition shows at a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from meetcore.records import Gap, Segment, TranscriptShape, Word


@dataclass(frozen=True, slots=True)
class RecognitionView:
    """The words recognized so far; replaced as a whole."""

    segments: tuple[Segment, ...] = ()
    shape: TranscriptShape = field(default_factory=TranscriptShape)
    labels: tuple[str, ...] = ()
    merged: Mapping[str, str] = field(default_factory=dict)
    tentative: tuple[Word, ...] = ()
    tentative_speaker: str | None = None
    recognized_samples: int = 0
    step: float = 0.0
    rtf: float = 0.0
    model_errors: int = 0
    gaps: tuple[Gap, ...] = ()
    is_lighter: bool = False
    weight_changed_at: float | None = None
    version: int = 0
    """Grows with every change that a page would draw."""

    @property
    def drawn(self) -> tuple[object, ...]:
        """What a page draws of it: a difference is a new version."""
        words = self.segments, self.shape.settled, self.tentative, self.tentative_speaker
        return *words, self.model_errors, self.gaps, self.weight_changed_at
