"""What a live meeting does when the machine is too busy for it (pure).

In this order: wider steps (`step_width`), a smaller weight, a jump to the present. All times are
seconds of the recording, so that a pause of the audio is no time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

JUMP_S = 12.0
"""Backlog from which recognition jumps to the present. With the step that runs meanwhile, the text
stays less than 20 s behind."""
LONGEST_LATE_S = 60.0
"""Longest backlog that is caught up where the models were loaded after the beginning."""
LATE_SLACK_S = 3.0
LATE_GAIN = 0.5
"""Seconds of such a backlog that must be caught up with each second recorded."""
DOWN_S = 3.0
"""Backlog from which a smaller weight takes over."""
SETTLE_S = 8.0
"""How long a session that begins with a backlog may take for it before a smaller weight is used."""
CALM_BACKLOG_S = 1.0
CALM_RTF = 0.35
"""Share of the time that the smaller weight may take, speakers included, where the larger one is
to be tried again: base.en takes about 1.8 times as much in all (two cores, beside diarization)."""
FIRST_WAIT_S = 15.0
LONGEST_WAIT_S = 240.0
RELAPSE_S = 60.0
"""A step down this soon after a step up doubles the wait before the next one."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How far recognition may be behind: JUMP_S, or more while it catches up from a late start."""

    late: float
    """Backlog when the session began."""
    began: float
    """Length of the recording then."""

    def at(self, recorded: float) -> float:
        """The largest backlog that is still caught up, when so much is recorded.

        >>> Allowance(0.0, 0.0).at(100.0)
        12.0
        >>> Allowance(40.0, 40.0).at(60.0)
        33.0
        """
        if self.late > LONGEST_LATE_S:
            return JUMP_S
        return max(JUMP_S, self.late + LATE_SLACK_S - LATE_GAIN * (recorded - self.began))


@dataclass(frozen=True, slots=True)
class WeightChoice:
    """Which of two weights writes live: the usual one, or a smaller one while the machine is busy.

    Parameters
    ----------
    changed_at : when it changed last; None where it never did
    calm_since : since when the smaller one has had time to spare
    wait : for how long it must have, before the larger one is tried again
    """

    is_lighter: bool = False
    changed_at: float | None = None
    calm_since: float | None = None
    wait: float = FIRST_WAIT_S

    def next(self, recorded: float, backlog: float, rtf: float) -> WeightChoice:
        """The choice for the next step.

        Parameters
        ----------
        recorded : length of the recording
        backlog : how much of it is not recognized yet
        rtf : recent share of the time that recognition took

        >>> down = WeightChoice().next(30.0, backlog=5.0, rtf=1.3)
        >>> down.is_lighter, down.next(40.0, 0.2, 0.1).next(56.0, 0.2, 0.1).is_lighter
        (True, False)
        """
        if not self.is_lighter:
            return self._down(recorded) if backlog > DOWN_S else self
        if backlog > CALM_BACKLOG_S or rtf > CALM_RTF:
            return replace(self, calm_since=None)
        if self.calm_since is None:
            return replace(self, calm_since=recorded)
        if recorded - self.calm_since < self.wait:
            return self
        return replace(self, is_lighter=False, changed_at=recorded, calm_since=None)

    def _down(self, recorded: float) -> WeightChoice:
        relapsed = self.changed_at is not None and recorded - self.changed_at < RELAPSE_S
        wait = min(LONGEST_WAIT_S, 2 * self.wait) if relapsed else FIRST_WAIT_S
        return WeightChoice(True, recorded, None, wait)
