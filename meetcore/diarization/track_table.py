"""Links the local speakers of overlapping windows into tracks by the frames they share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

Scores = npt.NDArray[np.float64]
"""Probability of activity, shape (n_frames, n_tracks), float64 in [0, 1]."""


@dataclass(frozen=True, slots=True)
class TrackOptions:
    """How windows are linked; counts are frames of the segmentation model (16.9 ms)."""

    onset: float = 0.5
    """Probability from which a frame counts as speech."""
    min_frames: int = 6
    """Shortest activity of a local speaker that makes a new track (0.1 s)."""
    min_shared: float = 0.3
    """Share of the smaller activity that two must have in common to be one track."""
    edge_frames: int = 30
    """Newest frames of a window, for which the model lacks the audio after them (0.5 s)."""
    edge_weight: float = 0.2
    """Weight of the scores of such frames in the mean over windows."""


def link(before: Scores, after: Scores, min_shared: float) -> dict[int, int]:
    """Match columns of two score arrays of the same frames so that they share most activity.

    Parameters
    ----------
    before, after : np.ndarray, shape (n_frames, n_tracks) each, float64 in [0, 1], same frames
    min_shared : share of the smaller activity that a pair must have in common

    Returns
    -------
    dict
        Column of `after` to column of `before`; columns without a partner are left out.

    Examples
    --------
    >>> import numpy as np
    >>> before = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> link(before, before[:, ::-1], min_shared=0.3)
    {0: 1, 1: 0}
    """
    shared = after.T @ before
    mass = np.minimum(after.sum(0)[:, None], before.sum(0)[None, :])
    rows, columns = linear_sum_assignment(shared, maximize=True)
    return {
        int(row): int(column)
        for row, column in zip(rows, columns, strict=True)
        if shared[row, column] > max(min_shared * mass[row, column], 0.5)
    }


class TrackTable:
    """Mean activity of each track over the frames that later windows may still cover."""

    def __init__(self, options: TrackOptions) -> None:
        self._options = options
        self._sum: Scores = np.zeros((0, 0))
        self._weight: npt.NDArray[np.float64] = np.zeros(0)
        self._next_id = 0
        self.start = 0
        """Frame of the first row."""
        self.ids: tuple[int, ...] = ()
        """Number of the track of each column."""

    @property
    def end(self) -> int:
        """Frame after the last row."""
        return self.start + len(self._weight)

    def mean(self) -> Scores:
        """Mean activity over the windows so far, shape (n_frames, n_tracks), float64."""
        result: Scores = self._sum / np.maximum(self._weight, 1e-9)[:, None]
        return result

    def add(self, start: int, scores: npt.NDArray[np.floating]) -> None:
        """Add one window's scores.

        Parameters
        ----------
        start : frame of the first row
        scores : np.ndarray, shape (n_frames, n_local_speakers), float32, probability of activity
        """
        options = self._options
        self.extend(start + len(scores))
        first = start - self.start
        known = self.mean()[first:]
        links = link(known, scores.astype(np.float64), options.min_shared)
        active = np.count_nonzero(scores > options.onset, axis=0)
        weight = np.ones(len(scores))
        weight[-options.edge_frames :] = options.edge_weight
        for column in range(scores.shape[1]):
            target = links.get(column)
            if target is None:
                if active[column] < options.min_frames:
                    continue
                target = self._open()
            self._sum[first:, target] += scores[:, column] * weight
        self._weight[first:] += weight

    def extend(self, end: int) -> None:
        """Add rows up to frame `end`, without any scores yet."""
        extra = max(0, end - self.end)
        self._sum = np.pad(self._sum, ((0, extra), (0, 0)))
        self._weight = np.pad(self._weight, (0, extra))

    def add_silence(self, end: int) -> None:
        """Add rows up to frame `end` in which no track is active."""
        first = len(self._weight)
        self.extend(end)
        self._weight[first:] = 1.0

    def drop_before(self, frame: int) -> tuple[int, ...]:
        """Drop the frames before `frame`, and the tracks not active after it; returns their ids."""
        gone = max(0, min(frame, self.end) - self.start)
        self._sum = self._sum[gone:]
        self._weight = self._weight[gone:]
        self.start += gone
        kept_columns = self.mean().max(axis=0, initial=0.0) > self._options.onset / 2
        self._sum = self._sum[:, kept_columns]
        gone_ids = tuple(t for t, kept in zip(self.ids, kept_columns, strict=True) if not kept)
        self.ids = tuple(t for t, kept in zip(self.ids, kept_columns, strict=True) if kept)
        return gone_ids

    def _open(self) -> int:
        self.ids = (*self.ids, self._next_id)
        self._next_id += 1
        self._sum = np.pad(self._sum, ((0, 0), (0, 1)))
        return len(self.ids) - 1
