"""Local speakers of overlapping windows, linked into tracks by the time they share. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

Scores = npt.NDArray[np.float64]
"""Probability of activity, shape (n_frames, n_tracks)."""


@dataclass(frozen=True, slots=True)
class TrackOptions:
    """How windows are linked; counts are frames of the segmentation model."""

    onset: float = 0.5
    """Probability from which a frame counts as speech."""
    least_frames: int = 6
    """Activity below which a local speaker is no track yet (0.1 s)."""
    least_shared: float = 0.3
    """Part of the smaller activity that must coincide for two to be one track."""
    edge_frames: int = 30
    """Newest frames of a window, which the model judged with little to go on (0.5 s)."""
    edge_weight: float = 0.2
    """What an opinion about such a frame counts once better ones are there."""


def link(before: Scores, after: Scores, least_shared: float) -> dict[int, int]:
    """Match columns of two score arrays of the same frames, most shared activity first.

    Returns
    -------
    dict
        Column of `after` to column of `before`; columns without a partner are left out.

    Examples
    --------
    >>> import numpy as np
    >>> before = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> link(before, before[:, ::-1], least_shared=0.3)
    {0: 1, 1: 0}
    """
    shared = after.T @ before
    mass = np.minimum(after.sum(0)[:, None], before.sum(0)[None, :])
    rows, columns = linear_sum_assignment(shared, maximize=True)
    return {
        int(row): int(column)
        for row, column in zip(rows, columns, strict=True)
        if shared[row, column] > max(least_shared * mass[row, column], 0.5)
    }


class TrackBook:
    """Mean activity per track over the frames that windows still speak about."""

    def __init__(self, options: TrackOptions) -> None:
        self._options = options
        self._sum: Scores = np.zeros((0, 0))
        self._weight: npt.NDArray[np.float64] = np.zeros(0)
        self._next = 0
        self.start = 0
        """Frame of the first row."""
        self.ids: tuple[int, ...] = ()
        """Track of each column."""

    @property
    def end(self) -> int:
        """Frame after the last row."""
        return self.start + len(self._weight)

    def mean(self) -> Scores:
        """Activity in force, shape (n_frames, n_tracks)."""
        result: Scores = self._sum / np.maximum(self._weight, 1e-9)[:, None]
        return result

    def add(self, start: int, scores: npt.NDArray[np.floating]) -> None:
        """Take one window's opinion about the frames from `start` on."""
        options = self._options
        self._extend(start + len(scores))
        first = start - self.start
        known = self.mean()[first:]
        links = link(known, scores.astype(np.float64), options.least_shared)
        active = np.count_nonzero(scores > options.onset, axis=0)
        weight = np.ones(len(scores))
        weight[-options.edge_frames :] = options.edge_weight
        for column in range(scores.shape[1]):
            target = links.get(column)
            if target is None:
                if active[column] < options.least_frames:
                    continue
                target = self._open()
            self._sum[first:, target] += scores[:, column] * weight
        self._weight[first:] += weight

    def reach(self, end: int) -> None:
        """Have rows up to frame `end`, on which nobody has an opinion yet."""
        self._extend(end)

    def skip(self, end: int) -> None:
        """Take frames up to `end` as silence."""
        first = len(self._weight)
        self._extend(end)
        self._weight[first:] = 1.0

    def drop_before(self, frame: int) -> tuple[int, ...]:
        """Forget frames before `frame` and tracks that no frame left speaks of; gives those."""
        gone = max(0, min(frame, self.end) - self.start)
        self._sum = self._sum[gone:]
        self._weight = self._weight[gone:]
        self.start += gone
        heard = self.mean().max(axis=0, initial=0.0) > self._options.onset / 2
        self._sum = self._sum[:, heard]
        gone_ids = tuple(t for t, kept in zip(self.ids, heard, strict=True) if not kept)
        self.ids = tuple(t for t, kept in zip(self.ids, heard, strict=True) if kept)
        return gone_ids

    def _extend(self, end: int) -> None:
        extra = max(0, end - self.end)
        self._sum = np.pad(self._sum, ((0, extra), (0, 0)))
        self._weight = np.pad(self._weight, (0, extra))

    def _open(self) -> int:
        self.ids = (*self.ids, self._next)
        self._next += 1
        self._sum = np.pad(self._sum, ((0, 0), (0, 1)))
        return len(self.ids) - 1
