"""`Unsaved`: what a running meeting has not saved yet, joined from step to step (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from meetcore.records import RejectedText, Segment
from meetcore.transcript.live_transcript import UnsavedSegments


@dataclass(frozen=True, slots=True)
class Unsaved:
    """Changes that the store lacks."""

    segments: UnsavedSegments | None = None
    rejected: tuple[RejectedText, ...] = ()

    def __bool__(self) -> bool:
        return self.segments is not None or bool(self.rejected)

    def followed_by(self, later: Unsaved) -> Unsaved:
        """These changes and later ones as one: saving it gives what saving both would give."""
        return Unsaved(_joined(self.segments, later.segments), self.rejected + later.rejected)


def _joined(
    earlier: UnsavedSegments | None, later: UnsavedSegments | None
) -> UnsavedSegments | None:
    """Each replaces all segments from its first position on.

    >>> _joined(UnsavedSegments(2, ()), UnsavedSegments(1, ())).first_position
    1
    """
    if earlier is None or later is None:
        return earlier or later
    labels = later.merged
    kept = earlier.segments[: max(0, later.first_position - earlier.first_position)]
    return UnsavedSegments(
        min(earlier.first_position, later.first_position),
        (*(_relabelled(segment, labels) for segment in kept), *later.segments),
        dict(labels) | {old: labels.get(new, new) for old, new in earlier.merged.items()},
    )


def _relabelled(segment: Segment, labels: Mapping[str, str]) -> Segment:
    """The segment under the label that replaces its own, where there is one."""
    if segment.speaker is None or segment.speaker not in labels:
        return segment
    return replace(segment, speaker=labels[segment.speaker])
