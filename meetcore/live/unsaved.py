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
    """Each replaces all segments from its first position on, and labels in those before.

    >>> _joined(UnsavedSegments(2, ()), UnsavedSegments(1, ())).first_position
    1
    """
    if earlier is None or later is None:
        return earlier or later
    merged = dict(later.merged) | {
        old: later.merged.get(new, new) for old, new in earlier.merged.items()
    }
    kept = later.first_position - earlier.first_position
    if kept <= 0:
        return UnsavedSegments(later.first_position, later.segments, merged)
    before = (_relabelled(segment, later.merged) for segment in earlier.segments[:kept])
    return UnsavedSegments(earlier.first_position, (*before, *later.segments), merged)


def _relabelled(segment: Segment, merged: Mapping[str, str]) -> Segment:
    if segment.speaker is None or segment.speaker not in merged:
        return segment
    return replace(segment, speaker=merged[segment.speaker])
