"""Clusters the voices of a recording's tracks, all together, and labels the turns by cluster."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from meetcore.diarization.binarize import Run, assignment_runs, merged_turns, turns_from_runs
from meetcore.diarization.clustering import ClusteringOptions, SparseMatrix, cluster
from meetcore.diarization.offline.resegmentation import (
    Labels,
    ResegmentationOptions,
    resegmented,
)
from meetcore.diarization.offline.speech_clarity import clarity_of
from meetcore.diarization.offline.window_pass import WindowPass, WindowPassOptions
from meetcore.diarization.options import DiarizeOptions
from meetcore.diarization.track import Assignment
from meetcore.diarization.voice_similarity import Voice, VoiceTable
from meetcore.records import SAMPLE_RATE, Turn


@dataclass(frozen=True, slots=True)
class OfflineDiarizationOptions:
    """The settings of the second pass over speakers."""

    windows: WindowPassOptions = field(default_factory=WindowPassOptions)
    clustering: ClusteringOptions = field(default_factory=ClusteringOptions)
    resegmentation: ResegmentationOptions = field(default_factory=ResegmentationOptions)
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
    clarity = clarity_of(windows.chunks)
    assignments = windows.assign(wanted.min_count, clarity)
    voices = [assignment.voice for assignment in assignments if assignment.voice is not None]
    clusters = cluster(voices, options.clustering, wanted, _overlap(windows, assignments))
    for assignment, number in zip(assignments, clusters, strict=True):
        assignment.speaker = int(number)
    speakers = _resegment(windows, clarity, wanted, options.resegmentation)
    order = _order(windows)
    _renumber(windows, order)
    voices_found: dict[str, Voice] = {}
    for chunk, speaker in zip(windows.chunks, speakers, strict=True):
        label = f"S{order[int(speaker)]}" if int(speaker) in order else None
        if label is not None:
            known = voices_found.get(label)
            voices_found[label] = chunk.voice if known is None else known.plus(chunk.voice)
    turns = merged_turns(
        turns_from_runs(windows.active, windows.tracks, windows.grid), options.bridge
    )
    return Diarization(
        turns=turns,
        exclusive_turns=turns_from_runs(windows.exclusive, windows.tracks, windows.grid),
        speakers_found=len({turn.speaker for turn in turns}),
        voices={f"S{number}": voices_found[f"S{number}"] for number in sorted(order.values())},
    )


def _resegment(
    windows: WindowPass, clarity: float, wanted: DiarizeOptions, options: ResegmentationOptions
) -> Labels:
    """Decide the speaker of every chunk anew, and replace the tracks' assignments; the speakers."""
    chunks = windows.chunks
    labels = np.array(
        [windows.tracks[chunk.track].assignment_at(chunk.frame).speaker for chunk in chunks],
        np.int64,
    )
    if len(chunks) == 0:
        return labels
    by_track: dict[int, list[int]] = {}
    for index, chunk in enumerate(chunks):
        by_track.setdefault(chunk.track, []).append(index)
    table = VoiceTable.of([Voice.of(chunk.vector, chunk.speech * clarity) for chunk in chunks])
    tracks = [np.array(indices, np.int64) for indices in by_track.values()]
    fresh = resegmented(table, tracks, labels, _together(windows, by_track), options)
    if len(np.unique(fresh)) < min(wanted.min_count, len(np.unique(labels))):
        return labels
    for number, indices in by_track.items():
        track = windows.tracks[number]
        first = track.assignments[0].frame
        changes = [i for n, i in enumerate(indices) if n == 0 or fresh[i] != fresh[indices[n - 1]]]
        track.assignments = [Assignment(chunks[i].frame, int(fresh[i])) for i in changes]
        track.assignments[0].frame = first
    return fresh


def _together(windows: WindowPass, by_track: Mapping[int, Sequence[int]]) -> SparseMatrix:
    """Seconds in which the tracks of two chunks were active at once, shape (n, n), float64.

    An overlap counts for the chunk of each track that begins last before its middle.
    """
    frames = {
        number: [windows.chunks[index].frame for index in indices]
        for number, indices in by_track.items()
    }

    def chunk_at(track: int, frame: int) -> int:
        return by_track[track][max(0, bisect.bisect_right(frames[track], frame) - 1)]

    runs = sorted((run for run in windows.active if run.track in frames), key=_start)
    pairs = [
        (chunk_at(one.track, middle), chunk_at(other.track, middle), shared)
        for one, other, shared, middle in _overlapping(runs)
    ]
    return _symmetric(pairs, len(windows.chunks), windows)


def _renumber(windows: WindowPass, order: Mapping[int, int]) -> None:
    """Replace clusters by speaker numbers in all assignments."""
    for track in windows.tracks.values():
        for assignment in track.assignments:
            if assignment.speaker is not None:
                assignment.speaker = order.get(assignment.speaker)


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
    runs = [(run, index[id(of)]) for run, of in _by_start(windows) if id(of) in index]
    of_run = {run: position for run, position in runs}
    pairs = [
        (of_run[one], of_run[other], shared)
        for one, other, shared, _ in _overlapping([run for run, _ in runs])
    ]
    return _symmetric(pairs, len(assignments), windows)


def _symmetric(
    pairs: Sequence[tuple[int, int, int]], count: int, windows: WindowPass
) -> SparseMatrix:
    """Sparse array of shape (count, count) from pairs and frames they share, in seconds."""
    rows, columns, frames = np.array(pairs, np.int64).reshape(-1, 3).T
    seconds = frames * (windows.grid.step_samples / SAMPLE_RATE)
    half = sparse.csr_array((seconds, (rows, columns)), shape=(count, count))
    return half + half.T


def _overlapping(runs: Sequence[Run]) -> Iterator[tuple[Run, Run, int, int]]:
    """Pairs of runs of different tracks, the frames they share and the middle one of them.

    Parameters
    ----------
    runs : in order of start
    """
    open_runs: list[Run] = []
    for run in runs:
        open_runs = [other for other in open_runs if other.stop > run.start]
        for other in open_runs:
            if other.track != run.track:
                stop = min(run.stop, other.stop)
                yield run, other, stop - run.start, (run.start + stop) // 2
        open_runs.append(run)


def _start(run: Run) -> int:
    return run.start
