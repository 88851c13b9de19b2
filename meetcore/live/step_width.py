"""How often a live meeting is decoded: as often as the machine can bear; pure."""

from __future__ import annotations

from dataclasses import dataclass

WIDEST_STEP = 1.2
"""Seconds; one decode never waits for more new audio than this. Measured on pyannote's sample with
tiny.en, catching up from several moments: WER 15 to 17 % at 1.5 s, 14 to 39 % at 2 s, 17 to 75 % at
5 s, all in about 0.16 of the audio's time: a wide step leaves words behind its window. Offered all
at once on another machine 1.5 s gave 41 %, 1.2 s at most 30 %."""
BEHIND = 3.0
"""Seconds of backlog from which a page says that the machine does not keep up."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The step in force, in seconds of new audio between two decodes.

    A backlog over one and a half steps widens the step to what has piled up; once the backlog
    is gone, it narrows by a fifth with each look, so that it does not flutter.
    """

    base: float
    step: float

    def after(self, backlog: float) -> Pace:
        """The pace after a look that left `backlog` seconds unheard.

        >>> Pace(0.6, 0.6).after(1.2).step
        1.2
        >>> Pace(0.6, 1.2).after(0.1).step
        0.96
        >>> Pace(0.6, 0.6).after(0.1).step
        0.6
        """
        if backlog > 1.5 * self.step:
            return Pace(self.base, min(WIDEST_STEP, max(self.step, backlog)))
        if backlog < 0.5 * self.step:
            return Pace(self.base, max(self.base, round(0.8 * self.step, 3)))
        return self


def keeps_up(backlog: float) -> bool:
    """Whether a reader would still call it live."""
    return backlog < BEHIND
