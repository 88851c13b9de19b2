"""Clusters the voices of a recording's tracks, all together, and labels the turns by cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from meetcore.diarization.binarize import Run, assignment_runs, merged_turns, turns_from_runs
from meetcore.diarization.clustering import ClusteringOptions, SparseMatrix, cluster
from meetcore.diarization.offline.window_pass import WindowPass, WindowPassOptions
from meetcore.diarization.options import DiarizeOptions
from meetcore.diarization.track import Assignment
from meetcore.diarization.voice_similarity import Voice
from meetcore.records import SAMPLE_RATE, Turn


@dataclass(frozen=True, slots=True)
class OfflineDiarizationOptions:
    """The settings of the second pass over speakers."""

    windows: WindowPassOptions = field(default_factory=WindowPassOptions)
    clustering: ClusteringOptions = field(default_factory=ClusteringOptions)
    bridge: float = 0.2
    """Seconds of silence across which two turns of one speaker are merged."""


@dataclass(frozen=True, slots=True)
class Diarization:
    """Who spoke when in a recording; labels are "S1", "S2", … in order of appearance."""

    turns: tuple[Turn, ...] = ()
    """In order of start; may overlap."""
    exclusive_turns: tuple[Turn, ...] = ()
    """Without overlap: the strongest speaker at each time."""
    speakers_found: int = 0
    voices: dict[str, Voice] = field(default_factory=dict)
    """Voices by label; a speaker with too little speech has none."""


def clustered(
    windows: WindowPass, wanted: DiarizeOptions, options: OfflineDiarizationOptions
) -> Diarization:
    """Cluster the voices of all assignments, and label the turns by cluster.

    Parameters
    ----------
    windows : the pass so far; the speakers of its tracks are replaced
    wanted : the number of speakers, as far as it is known
    """
    assignments = windows.assign(wanted.min_count)
    voices = [assignment.voice for assignment in assignments if assignment.voice is not None]
    clusters = cluster(voices, options.clustering, wanted, _overlap(windows, assignments))
    for assignment, number in zip(assignments, clusters, strict=True):
        assignment.speaker = int(number)
    order = _order(windows)
    sums: dict[str, Voice] = {}
    for assignment, voice in zip(assignments, voices, strict=True):
        assignment.speaker = order.get(int(assignment.speaker or 0))
        label = f"S{assignment.speaker}"
        sums[label] = sums[label].plus(voice) if label in sums else voice
    turns = merged_turns(
        turns_from_runs(windows.active, windows.tracks, windows.grid), options.bridge
    )
    return Diarization(
        turns=turns,
        exclusive_turns=turns_from_runs(windows.exclusive, windows.tracks, windows.grid),
        speakers_found=len({turn.speaker for turn in turns}),
        voices={f"S{number}": sums[f"S{number}"] for number in sorted(order.values())},
    )


def _order(windows: WindowPass) -> dict[int, int]:
    """Clusters to speaker numbers, from 1 in order of appearance."""
    order: dict[int, int] = {}
    for run, _ in _by_start(windows):
        speaker = windows.tracks[run.track].speaker_at(run.start)
        if speaker is not None:
            order.setdefault(speaker, len(order) + 1)
    return order


def _by_start(windows: WindowPass) -> list[tuple[Run, Assignment]]:
    """All activity, split where the assignment changes, in order of start."""
    runs = assignment_runs(windows.active, windows.tracks)
    return sorted(runs, key=lambda item: item[0].start)


def _overlap(windows: WindowPass, assignments: Sequence[Assignment]) -> SparseMatrix:
    """Seconds in which two assignments were active at once, shape (n, n), float64."""
    index = {id(assignment): position for position, assignment in enumerate(assignments)}
    pairs = [
        (index[id(one)], index[id(two)], frames)
        for one, two, frames in _overlapping(_by_start(windows))
        if id(one) in index and id(two) in index
    ]
    rows, columns, frames = np.array(pairs, np.int64).reshape(-1, 3).T
    shape = (len(assignments), len(assignments))
    seconds = frames * (windows.grid.step_samples / SAMPLE_RATE)
    half = sparse.csr_array((seconds, (rows, columns)), shape=shape)
    return half + half.T


def _overlapping(
    runs: Sequence[tuple[Run, Assignment]],
) -> Iterator[tuple[Assignment, Assignment, int]]:
    """Pairs of assignments and the frames they share; `runs` are in order of start."""
    open_runs: list[tuple[Run, Assignment]] = []
    for run, assignment in runs:
        open_runs = [item for item in open_runs if item[0].stop > run.start]
        for other, other_assignment in open_runs:
            if other_assignment is not assignment:
                yield assignment, other_assignment, min(run.stop, other.stop) - run.start
        open_runs.append((run, assignment))
