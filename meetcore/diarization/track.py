"""`Track`: a local speaker followed across windows, and the speaker of each stretch."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from itertools import chain

from meetcore.diarization.voice_similarity import Voice


@dataclass(slots=True)
class Assignment:
    """A stretch of one track assigned to one speaker: from `frame` to the next assignment."""

    frame: int
    speaker: int | None = None
    """Number of the speaker; None while there is too little speech to decide."""
    voice: Voice | None = None
    """All closed stretches of speech in it together."""
    contribution: Voice | None = None
    """What it added to its speaker's voice, so that it can be taken back."""


@dataclass(slots=True)
class Track:
    """One voice that segmentation follows across windows, with its speakers in order of time."""

    assignments: list[Assignment]
    open_frame: int
    """First frame of the stretch that is still collecting speech."""
    embedded: float = 0.0
    """Seconds of the open stretch that were embedded already."""

    @property
    def speaker(self) -> int | None:
        """The speaker now."""
        return self.assignments[-1].speaker

    def assignment_at(self, frame: int) -> Assignment:
        """The assignment that a frame belongs to."""
        return self.assignments[self._index_at(frame)]

    def cuts(self, start: int, stop: int) -> list[int]:
        """Frames after `start` and before `stop` at which an assignment begins."""
        frames: list[int] = []
        first = bisect.bisect_right(self.assignments, start, key=_frame)
        for index in range(first, len(self.assignments)):
            if self.assignments[index].frame >= stop:
                break
            frames.append(self.assignments[index].frame)
        return frames

    def speaker_at(self, frame: int) -> int | None:
        """Speaker of a frame; where it is undecided the next one known, else the one before."""
        index = self._index_at(frame)
        order = chain(range(index, len(self.assignments)), range(index - 1, -1, -1))
        speakers = (self.assignments[position].speaker for position in order)
        return next((speaker for speaker in speakers if speaker is not None), None)

    def _index_at(self, frame: int) -> int:
        return max(0, bisect.bisect_right(self.assignments, frame, key=_frame) - 1)


def _frame(assignment: Assignment) -> int:
    return assignment.frame
