"""Turns per-frame speaker activity into runs of active frames, and runs into turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from meetcore.diarization.segmentation import FrameGrid
from meetcore.diarization.track import Assignment, Track
from meetcore.diarization.track_table import Scores
from meetcore.records import Turn


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive frames of one track; `stop` is exclusive."""

    start: int
    stop: int
    track: int


def runs_of(mean: Scores, start: int, ids: Sequence[int], onset: float) -> list[Run]:
    """Runs in which one track is active and has the highest score, so that none overlap.

    Parameters
    ----------
    mean : np.ndarray, shape (n_frames, n_tracks), float64, probability of activity
    start : frame of the first row
    ids : track of each column
    onset : probability above which a track is active

    Examples
    --------
    >>> import numpy as np
    >>> runs_of(np.array([[0.9, 0.6], [0.7, 0.8], [0.1, 0.2]]), 10, [4, 5], 0.5)
    [Run(start=10, stop=11, track=4), Run(start=11, stop=12, track=5)]
    """
    if mean.size == 0:
        return []
    leader = np.where(mean.max(axis=1) > onset, mean.argmax(axis=1), -1)
    borders = np.flatnonzero(np.diff(leader)) + 1
    edges = [0, *(int(border) for border in borders), len(leader)]
    return [
        Run(start + first, start + stop, ids[leader[first]])
        for first, stop in pairwise(edges)
        if leader[first] >= 0
    ]


def append_runs(before: list[Run], after: Sequence[Run]) -> list[Run]:
    """Append runs to a list in place; where the last run continues in the first, they become one.

    Examples
    --------
    >>> append_runs([Run(0, 4, 1)], [Run(4, 6, 1), Run(6, 7, 2)])
    [Run(start=0, stop=6, track=1), Run(start=6, stop=7, track=2)]
    """
    for run in after:
        if before and before[-1].track == run.track and before[-1].stop == run.start:
            before[-1] = Run(before[-1].start, run.stop, run.track)
        else:
            before.append(run)
    return before


def active_runs(mean: Scores, start: int, ids: Sequence[int], onset: float) -> list[Run]:
    """Runs in which each track is active; those of different tracks may overlap.

    Parameters
    ----------
    mean : np.ndarray, shape (n_frames, n_tracks), float64, probability of activity
    start : frame of the first row
    ids : track of each column
    onset : probability above which a track is active

    Examples
    --------
    >>> import numpy as np
    >>> active_runs(np.array([[0.9, 0.6], [0.7, 0.8], [0.1, 0.2]]), 10, [4, 5], 0.5)
    [Run(start=10, stop=12, track=4), Run(start=10, stop=12, track=5)]
    """
    return [
        run
        for column, name in enumerate(ids)
        for run in runs_of(mean[:, column : column + 1], start, [name], onset)
    ]


def merged_turns(turns: Sequence[Turn], bridge: float = 0.0) -> tuple[Turn, ...]:
    """Turns in order of start; those of one speaker at most `bridge` seconds apart are merged.

    Examples
    --------
    >>> merged_turns([Turn(0.0, 2.0, "S1"), Turn(1.0, 3.0, "S2"), Turn(2.1, 4.0, "S1")], 0.2)
    (Turn(start=0.0, end=4.0, speaker='S1'), Turn(start=1.0, end=3.0, speaker='S2'))
    """
    done: list[Turn] = []
    last: dict[str, int] = {}
    for turn in sorted(turns, key=lambda turn: (turn.start, turn.end)):
        index = last.get(turn.speaker)
        if index is not None and turn.start - done[index].end <= bridge:
            before = done[index]
            done[index] = Turn(before.start, max(before.end, turn.end), turn.speaker)
        else:
            last[turn.speaker] = len(done)
            done.append(turn)
    return tuple(done)


def assignment_runs(
    runs: Sequence[Run], tracks: Mapping[int, Track]
) -> Iterator[tuple[Run, Assignment]]:
    """Runs of tracks in `tracks`, split where the assignment changes."""
    for run in runs:
        track = tracks.get(run.track)
        if track is None:
            continue
        edges = [run.start, *track.cuts(run.start, run.stop), run.stop]
        for first, stop in pairwise(edges):
            yield Run(first, stop, run.track), track.assignment_at(first)


def turns_from_runs(
    runs: Sequence[Run], tracks: Mapping[int, Track], grid: FrameGrid
) -> tuple[Turn, ...]:
    """Turns of the runs with a known speaker, split where a track changes its speaker."""
    turns: list[tuple[int, int, int]] = []
    for run, _ in assignment_runs(runs, tracks):
        speaker = tracks[run.track].speaker_at(run.start)
        if speaker is None:
            continue
        if turns and turns[-1][1] == run.start and turns[-1][2] == speaker:
            turns[-1] = (turns[-1][0], run.stop, speaker)
        else:
            turns.append((run.start, run.stop, speaker))
    return tuple(
        Turn(grid.edge(first), grid.edge(stop), f"S{speaker}") for first, stop, speaker in turns
    )
