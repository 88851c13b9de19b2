"""Agglomerative clustering of the voices of a whole recording by speaker (pure functions).

Source: greedy merging by log-likelihood ratio, as in speaker diarization since Chen &
Gopalakrishnan 1998; both densities are those measured in scoring.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from meetcore.diarization.options import DiarizeOptions
from meetcore.diarization.voice_similarity import Voice, VoiceTable

Matrix = npt.NDArray[np.float64]
SparseMatrix = Any
"""A scipy.sparse array or a dense one, shape (n, n)."""
Groups = list[list[int]]
"""Indices of the voices of each speaker."""

_STRICTEST = 16.0
"""Threshold above the log-likelihood ratio of any two voices, at which nothing is merged."""


@dataclass(frozen=True, slots=True)
class ClusteringOptions:
    """Thresholds of the clustering; durations in seconds of speech."""

    threshold: float = 0.0
    """Log-likelihood ratio from which two clusters are one speaker."""
    overlap_evidence: float = 8.0
    """Evidence against a pair for each second in which both spoke at once."""
    long_speech: float = 1.5
    """Voices with at least this much speech form the clusters; shorter ones are added to them."""
    min_own_speech: float = 0.8
    """Speech that a short voice unlike all clusters needs to become one itself."""
    stranger_evidence: float = -2.0
    """Evidence below which a short voice is unlike a cluster."""
    min_share: float = 0.0005
    """Share of all speech below which a cluster is merged into others: stray stretches of speech
    add up in long recordings. Four hours of ten voices had five such clusters, 3 to 6 s each."""
    block: int = 512
    """Clusters compared with each other at once, to bound memory and time on long recordings."""


def cluster(
    voices: Sequence[Voice],
    options: ClusteringOptions,
    wanted: DiarizeOptions | None = None,
    overlap: SparseMatrix | None = None,
) -> npt.NDArray[np.int64]:
    """Group voices by speaker.

    Parameters
    ----------
    voices : in order of time, as neighbours are compared first when there are very many
    options : thresholds
    wanted : the number of speakers, as far as it is known
    overlap : sparse or dense array, shape (n, n), seconds in which two voices spoke at once

    Returns
    -------
    np.ndarray, shape (n,), int64
        Cluster of each voice, numbered from 0 in the order of the first voice of each.
    """
    count = len(voices)
    if count == 0:
        return np.zeros(0, np.int64)
    wanted = wanted or DiarizeOptions()
    against = (
        sparse.csr_array((count, count) if overlap is None else overlap) * options.overlap_evidence
    )
    table = VoiceTable.of(voices)
    groups = _grouped(table, against, options, wanted.min_count, 0.0)
    if len(groups) < wanted.min_count:
        groups = _at_least(table, against, options, min(wanted.min_count, count))
    if wanted.max_count is not None:
        groups = _merged(table, against, groups, np.inf, wanted.max_count)
    return _numbered(groups, count)


def _at_least(
    table: VoiceTable, against: SparseMatrix, options: ClusteringOptions, least: int
) -> Groups:
    """Groups at the lowest extra threshold that leaves at least this many, by bisection."""
    mild, strict = 0.0, _STRICTEST
    groups = _grouped(table, against, options, least, strict)
    while strict - mild > 0.1:
        middle = (mild + strict) / 2
        tried = _grouped(table, against, options, least, middle)
        if len(tried) >= least:
            groups, strict = tried, middle
        else:
            mild = middle
    return groups


def _grouped(
    table: VoiceTable, against: SparseMatrix, options: ClusteringOptions, least: int, more: float
) -> Groups:
    """Groups of voices, with all thresholds raised by `more`."""
    is_long = _long(table.durations, options.long_speech, least)
    groups: Groups = [[int(index)] for index in np.flatnonzero(is_long)]
    threshold = options.threshold + more
    while len(groups) > options.block:
        groups = [
            group
            for first in range(0, len(groups), options.block)
            for group in _merged(
                table,
                against,
                groups[first : first + options.block],
                threshold,
                options.block // 2,
            )
        ]
    groups = _merged(table, against, groups, threshold)
    short = np.flatnonzero(~is_long)
    by_length = short[np.argsort(-table.durations[short], kind="stable")]
    _join(table, against, groups, by_length, options, options.stranger_evidence + more)
    return _without_stray_groups(table, against, groups, options, least)


def _without_stray_groups(
    table: VoiceTable, against: SparseMatrix, groups: Groups, options: ClusteringOptions, least: int
) -> Groups:
    """Groups, with those too small for the length of the recording merged into others."""
    enough = options.min_share * table.durations.sum()
    kept = [group for group in groups if table.durations[group].sum() >= enough]
    if len(kept) < least:
        return groups
    strays = [index for group in groups if group not in kept for index in group]
    _join(table, against, kept, np.array(strays, np.int64), options, -np.inf)
    return kept


def _long(durations: Matrix, long_speech: float, least: int) -> npt.NDArray[np.bool_]:
    """Mask of the voices that form clusters: the long ones, but at least the `least` longest."""
    is_long: npt.NDArray[np.bool_] = durations >= long_speech
    is_long[np.argsort(-durations, kind="stable")[:least]] = True
    return is_long


def _sums(table: VoiceTable, groups: Groups) -> tuple[Any, VoiceTable]:
    """Membership, shape (n, n_groups), and the summed voice of each group."""
    rows = [index for group in groups for index in group]
    columns = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    shape = (len(table.durations), len(groups))
    member = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    return member, VoiceTable(member.T @ table.totals, member.T @ table.durations)


def _merged(
    table: VoiceTable,
    against: SparseMatrix,
    groups: Groups,
    threshold: float,
    most: int | None = None,
) -> Groups:
    """Merge the likeliest pair until none reaches the threshold and at most `most` are left."""
    member, sums = _sums(table, groups)
    apart = (member.T @ against @ member).toarray()
    scores = sums.log_likelihood_ratio(sums) - apart
    np.fill_diagonal(scores, -np.inf)
    groups = [list(group) for group in groups]
    alive = np.ones(len(groups), np.bool_)
    for left in range(len(groups), 1, -1):
        keep, gone = divmod(int(np.argmax(scores)), len(groups))
        if scores[keep, gone] < threshold and (most is None or left <= most):
            break
        groups[keep] += groups[gone]
        sums.totals[keep] += sums.totals[gone]
        sums.durations[keep] += sums.durations[gone]
        apart[keep] += apart[gone]
        apart[:, keep] = apart[keep]
        alive[gone] = False
        scores[gone, :] = scores[:, gone] = -np.inf
        fresh = sums.row(keep).log_likelihood_ratio(sums)[0] - apart[keep]
        fresh[~alive] = fresh[keep] = -np.inf
        scores[keep, :] = scores[:, keep] = fresh
    return [group for group, is_alive in zip(groups, alive, strict=True) if is_alive]


def _join(
    table: VoiceTable,
    against: SparseMatrix,
    groups: Groups,
    short: npt.NDArray[np.int64],
    options: ClusteringOptions,
    stranger_evidence: float,
) -> None:
    """Add each short voice to the likeliest group, or make it a new one; in place."""
    if len(short) == 0:
        return
    member, sums = _sums(table, groups)
    apart = (against @ member).toarray()
    for index in short:
        voice = table.row(int(index))
        scores = voice.log_likelihood_ratio(sums)[0] - apart[index]
        best = int(np.argmax(scores))
        own = voice.durations[0] >= options.min_own_speech and scores[best] < stranger_evidence
        if own:
            groups.append([int(index)])
            sums = VoiceTable(
                np.vstack([sums.totals, voice.totals]),
                np.append(sums.durations, voice.durations),
            )
            apart = np.hstack([apart, against[:, [index]].toarray()])
        else:
            groups[best].append(int(index))
            apart[:, best] += against[:, [index]].toarray()[:, 0]


def _numbered(groups: Groups, count: int) -> npt.NDArray[np.int64]:
    """Group number of each voice, shape (count,), in the order of their first voices."""
    labels = np.full(count, -1, dtype=np.int64)
    for number, group in enumerate(sorted(groups, key=min)):
        labels[group] = number
    return labels
