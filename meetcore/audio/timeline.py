"""Decides where each frame of a track or connection lies on the time axis."""

from __future__ import annotations

import math
from dataclasses import dataclass

SHORTEST_GAP_S = 0.05
"""Smaller differences are rounding and jitter: the audio goes on without a break."""
NEW_CLOCK_S = 10.0
"""A jump back by more is a clock that began anew, as in joined recordings."""
AT_START_AGAIN_S = 1.0
"""The same for a jump back to where the track began."""
MOST_REPEATS = 3
"""After more frames in a row whose time does not advance, time stamps are ignored."""
MOST_SILENCE_S = 24 * 3600.0
"""Upper bound of the silence that is filled in for time stamps, in seconds."""
ON_TIME_S = 10.0
"""After so much audio in its place, what a hole lacked will not come any more."""
LASTING_LAG_S = 0.1
"""So much may come late even then: jitter of less than the shortest gap goes on."""


@dataclass(frozen=True, slots=True)
class Placement:
    """What to do before a frame is used."""

    silence_s: float = 0.0
    """Silence that comes first."""
    skip_s: float = 0.0
    """What to drop of the frame's start, as it was heard already; 0 or more."""


class Timeline:
    """Places the frames of one track or connection by their time stamps.

    - A late start and holes become silence.
    - Frames that were only late, as where a recorder stamps them on arrival, follow a hole with
      times too close to each other. They are kept, as by a jitter buffer: what follows lies later
      than its time by at most the silence that was filled in. The next hole is shorter by that.
    - Where time goes back, audio before the end of what came last is dropped, not played twice.
    - A clock that jumps far back, stands still or asks for more than the longest length is not
      followed: the audio goes on where it is.

    Parameters
    ----------
    zero_s : start of the time axis, in seconds of the time stamps
    longest_s : no silence is filled in beyond this length
    drops_overlaps : False where no audio may come twice, so that a time that goes back is a new
        clock
    """

    def __init__(self, zero_s: float, longest_s: float, drops_overlaps: bool = True) -> None:
        self._zero_s = zero_s
        self._longest_s = longest_s
        self._drops_overlaps = drops_overlaps
        self._silence_left_s = min(longest_s, MOST_SILENCE_S)
        self._first_s: float | None = None
        self._last_s: float | None = None
        self._n_repeats = 0
        self._filled_s = 0.0
        """Silence whose audio may still come late."""
        self._lag_s = 0.0
        """By how much the last frame lies later than its time."""
        self._displaced_to_s = 0.0
        """Where the last frame ended that was not in its place."""
        self.gap_left_out = False
        """A time stamp was further ahead than can be followed."""

    def place(
        self, start_s: float | None, position_s: float, longest_gap_s: float = math.inf
    ) -> Placement:
        """What to do before a frame that starts at `start_s`, in seconds of the time stamps.

        Parameters
        ----------
        position_s : length of what was used up to here, silence included
        longest_gap_s : a longer hole before this frame is not filled
        """
        if start_s is None or self._n_repeats > MOST_REPEATS:
            return Placement()
        self._first_s = start_s if self._first_s is None else self._first_s
        is_repeat = self._last_s is not None and start_s <= self._last_s
        if self._last_s is not None and start_s < self._last_s:
            self._filled_s = min(self._filled_s, self._lag_s)
        self._last_s = start_s
        self._n_repeats = self._n_repeats + 1 if is_repeat else 0
        gap_s = start_s - self._zero_s - position_s
        self._note_lag(gap_s, position_s)
        if gap_s > SHORTEST_GAP_S:
            return self._hole(gap_s, position_s, longest_gap_s)
        overlap_s = -gap_s - self._filled_s
        is_overlap = overlap_s > SHORTEST_GAP_S or (is_repeat and overlap_s > 0)
        if self._is_new_clock(start_s, gap_s, position_s) or (
            is_overlap and not self._drops_overlaps
        ):
            self._zero_s += min(gap_s, 0.0)
            self._lag_s = 0.0
        elif is_overlap:
            return Placement(skip_s=overlap_s)
        return Placement()

    def _note_lag(self, gap_s: float, position_s: float) -> None:
        self._lag_s = max(0.0, -gap_s)
        if abs(gap_s) > SHORTEST_GAP_S:
            self._displaced_to_s = position_s + max(0.0, gap_s)
        elif position_s - self._displaced_to_s > ON_TIME_S:
            self._filled_s = min(self._filled_s, LASTING_LAG_S)

    def _is_new_clock(self, start_s: float, gap_s: float, position_s: float) -> bool:
        """Whether a jump back is a clock that began anew, or one that cannot be followed."""
        assert self._first_s is not None
        is_at_start = start_s <= self._first_s + SHORTEST_GAP_S and gap_s < -AT_START_AGAIN_S
        is_stuck = self._n_repeats > MOST_REPEATS
        return gap_s < -NEW_CLOCK_S or is_at_start or is_stuck or position_s == 0.0

    def _hole(self, gap_s: float, position_s: float, longest_gap_s: float) -> Placement:
        longest_gap_s = min(longest_gap_s, self._silence_left_s, self._longest_s - position_s)
        if gap_s > longest_gap_s:
            self._zero_s += gap_s
            self.gap_left_out = True
            return Placement()
        self._silence_left_s -= gap_s
        self._filled_s += gap_s
        return Placement(silence_s=gap_s)
