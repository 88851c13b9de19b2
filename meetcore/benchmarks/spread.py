"""Mean and spread of repeated runs, and the confidence interval of a paired difference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and sample standard deviation of several runs; NaN where nothing was measured."""

    mean: float
    deviation: float
    count: int

    def cell(self, decimals: int) -> str:
        """A cell of a table; a dash where nothing was measured."""
        return f"{self.mean:.{decimals}f} ± {self.deviation:.{decimals}f}" if self.count else "–"


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean difference, and the limits of its 95 % confidence interval."""

    mean: float
    low: float
    high: float

    def cell(self, decimals: int) -> str:
        """A cell of a table; a dash where nothing was measured."""
        limits = f"({self.low:+.{decimals}f} to {self.high:+.{decimals}f})"
        return "–" if math.isnan(self.mean) else f"{self.mean:+.{decimals}f} {limits}"


def spread(values: Sequence[float]) -> Spread:
    """Mean and spread of what was measured; NaN is left out.

    >>> spread([1.0, 3.0, float("nan")])
    Spread(mean=2.0, deviation=1.4142135623730951, count=2)
    """
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return Spread(math.nan, math.nan, 0)
    deviation = float(np.std(known, ddof=1)) if len(known) > 1 else 0.0
    return Spread(float(np.mean(known)), deviation, len(known))


def paired_interval(differences: Sequence[Sequence[float]]) -> Interval:
    """The mean of paired differences, with its interval over groups and over runs within them.

    Parameters
    ----------
    differences : one sequence per clip, one value per run of that clip; NaN is left out

    Notes
    -----
    Two-stage bootstrap: clips are drawn with replacement, then runs of each drawn clip; all clips
    weigh the same. Source: Davison and Hinkley 1997, "Bootstrap Methods", section 3.8.

    >>> paired_interval([[1.0, 1.0], [1.0, 1.0]])
    Interval(mean=1.0, low=1.0, high=1.0)
    """
    known = [[value for value in group if not math.isnan(value)] for group in differences]
    groups = [np.asarray(group) for group in known if group]
    if not groups:
        return Interval(math.nan, math.nan, math.nan)
    random = np.random.default_rng(0)
    means = np.empty(RESAMPLES)
    for number in range(RESAMPLES):
        drawn = random.integers(0, len(groups), len(groups))
        chosen = [groups[index] for index in drawn]
        means[number] = np.mean([random.choice(group, group.size).mean() for group in chosen])
    low, high = np.percentile(means, (2.5, 97.5))
    return Interval(float(np.mean([group.mean() for group in groups])), float(low), float(high))
