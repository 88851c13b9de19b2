"""Seconds of new audio between two live decodes, widened while there is a backlog."""

from __future__ import annotations

from dataclasses import dataclass

WIDEST_STEP = 1.2
"""Seconds of new audio that one decode waits for at most. Measured on pyannote's sample with
tiny.en, catching up from several moments: WER 15 to 17 % at 1.5 s, 14 to 39 % at 2 s, 17 to 75 % at
5 s, all in about 0.16 of the audio's time: a wide step leaves words behind its window. Offered all
at once on another machine 1.5 s gave 41 %, 1.2 s at most 30 %."""
BEHIND_S = 3.0
"""Seconds of backlog from which a page says that the machine does not keep up."""


@dataclass(frozen=True, slots=True)
class StepWidth:
    """Seconds of new audio between two decodes: the recognizer's own, and the one in force.

    A backlog over one and a half steps widens the step to the length of the backlog; below half
    a step, each decode narrows it by a fifth, so that it does not flutter.
    """

    base: float
    current: float

    def next_step(self, backlog: float) -> StepWidth:
        """The step for the next decode, given `backlog` seconds of audio not yet recognized.

        >>> StepWidth(0.6, 0.6).next_step(1.2).current
        1.2
        >>> StepWidth(0.6, 1.2).next_step(0.1).current
        0.96
        >>> StepWidth(0.6, 0.6).next_step(0.1).current
        0.6
        """
        if backlog > 1.5 * self.current:
            return StepWidth(self.base, min(WIDEST_STEP, max(self.current, backlog)))
        if backlog < 0.5 * self.current:
            return StepWidth(self.base, max(self.base, round(0.8 * self.current, 3)))
        return self


def keeps_up(backlog: float) -> bool:
    """Whether a backlog of this many seconds still counts as live."""
    return backlog < BEHIND_S
