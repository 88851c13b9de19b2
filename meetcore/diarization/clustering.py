"""Whose voices are the same, seen all at once: agglomerative clustering of voices. Pure.

Source: greedy pairing by log-likelihood ratio as in speaker diarization since Chen &
Gopalakrishnan 1998; here both densities are those measured in similarity.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from meetcore.diarization.scoring import Voice, VoiceTable

Matrix = npt.NDArray[np.float64]
SparseMatrix = Any
"""A scipy.sparse array, or a dense one."""
Groups = list[list[int]]
"""Positions of the voices of each speaker."""

_STRICTEST = 16.0
"""More evidence than any two voices can give for being one."""


@dataclass(frozen=True, slots=True)
class DiarizeOptions:
    """How many speakers there are, as far as somebody knows."""

    n_speakers: int | None = None
    """Exactly this many, as far as there is speech to tell them by."""
    max_speakers: int | None = None
    """At most this many."""

    def __post_init__(self) -> None:
        for name in ("n_speakers", "max_speakers"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}; it must be at least 1.")
        if self.n_speakers is not None and self.max_speakers is not None:
            raise ValueError("Give either n_speakers or max_speakers, not both.")

    @property
    def least(self) -> int:
        """Never fewer than this."""
        return self.n_speakers or 1

    @property
    def most(self) -> int | None:
        """Never more than this."""
        return self.n_speakers or self.max_speakers


@dataclass(frozen=True, slots=True)
class GlobalOptions:
    """What makes voices one speaker; durations in seconds of speech."""

    threshold: float = 0.0
    """Log-likelihood ratio from which two clusters are one speaker."""
    apart: float = 8.0
    """Evidence against a pair for each second in which both spoke at once."""
    long_speech: float = 1.5
    """Voices with at least this much speech make the clusters; shorter ones only join them."""
    own_speech: float = 0.8
    """Speech a voice unlike all others needs to be a speaker of its own."""
    stranger: float = -2.0
    """Evidence below which a short voice is unlike a speaker."""
    trace: float = 0.0005
    """Share of all speech below which a speaker is taken for a stray stretch of another's: those
    add up with the hours. Four hours of ten voices had five such speakers, 3 to 6 s each."""
    block: int = 512
    """Voices compared at once, each with each: bounds memory and time for long recordings."""


def cluster(
    voices: Sequence[Voice],
    options: GlobalOptions,
    wanted: DiarizeOptions | None = None,
    together: SparseMatrix | None = None,
) -> npt.NDArray[np.int64]:
    """Group voices by speaker.

    Parameters
    ----------
    voices : sequence of Voice
        In order of time: neighbours are compared first when there are very many.
    together : sparse or dense array, shape (n, n), optional
        Seconds in which two voices spoke at once, which speaks against their being one.

    Returns
    -------
    np.ndarray, shape (n,)
        Cluster of each voice, numbered from 0 in the order of the first voice of each.
    """
    count = len(voices)
    if count == 0:
        return np.zeros(0, np.int64)
    wanted = wanted or DiarizeOptions()
    against = sparse.csr_array((count, count) if together is None else together) * options.apart
    table = VoiceTable.of(voices)
    groups = _grouped(table, against, options, wanted.least, 0.0)
    if len(groups) < wanted.least:
        groups = _at_least(table, against, options, min(wanted.least, count))
    if wanted.most is not None:
        groups = _united(table, against, groups, np.inf, wanted.most)
    return _numbered(groups, count)


def _at_least(
    table: VoiceTable, against: SparseMatrix, options: GlobalOptions, least: int
) -> Groups:
    """Groups under the mildest demand for likeness that leaves this many apart."""
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
    table: VoiceTable, against: SparseMatrix, options: GlobalOptions, least: int, more: float
) -> Groups:
    """Groups of likely voices; a pair must be `more` likely than the options say."""
    is_long = _long(table.durations, options.long_speech, least)
    groups: Groups = [[int(index)] for index in np.flatnonzero(is_long)]
    threshold = options.threshold + more
    while len(groups) > options.block:
        groups = [
            group
            for first in range(0, len(groups), options.block)
            for group in _united(
                table,
                against,
                groups[first : first + options.block],
                threshold,
                options.block // 2,
            )
        ]
    groups = _united(table, against, groups, threshold)
    short = np.flatnonzero(~is_long)
    by_length = short[np.argsort(-table.durations[short], kind="stable")]
    _join(table, against, groups, by_length, options, options.stranger + more)
    return _without_traces(table, against, groups, options, least)


def _without_traces(
    table: VoiceTable, against: SparseMatrix, groups: Groups, options: GlobalOptions, least: int
) -> Groups:
    """Groups too small for the length of the recording, given to the likeliest others."""
    enough = options.trace * table.durations.sum()
    kept = [group for group in groups if table.durations[group].sum() >= enough]
    if len(kept) < least:
        return groups
    strays = [index for group in groups if group not in kept for index in group]
    _join(table, against, kept, np.array(strays, np.int64), options, -np.inf)
    return kept


def _long(durations: Matrix, long_speech: float, least: int) -> npt.NDArray[np.bool_]:
    """Voices long enough to make clusters; the longest ones where there are too few."""
    is_long: npt.NDArray[np.bool_] = durations >= long_speech
    is_long[np.argsort(-durations, kind="stable")[:least]] = True
    return is_long


def _sums(table: VoiceTable, groups: Groups) -> tuple[Any, VoiceTable]:
    """Which voice is in which group, shape (n, n_groups), and the voices of the groups."""
    rows = [index for group in groups for index in group]
    columns = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    shape = (len(table.durations), len(groups))
    member = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    return member, VoiceTable(member.T @ table.totals, member.T @ table.durations)


def _united(
    table: VoiceTable,
    against: SparseMatrix,
    groups: Groups,
    threshold: float,
    most: int | None = None,
) -> Groups:
    """Unite the likeliest pair of groups until no pair is likely and at most `most` are left."""
    member, sums = _sums(table, groups)
    apart = (member.T @ against @ member).toarray()
    scores = sums.evidence(sums) - apart
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
        fresh = sums.row(keep).evidence(sums)[0] - apart[keep]
        fresh[~alive] = fresh[keep] = -np.inf
        scores[keep, :] = scores[:, keep] = fresh
    return [group for group, is_alive in zip(groups, alive, strict=True) if is_alive]


def _join(
    table: VoiceTable,
    against: SparseMatrix,
    groups: Groups,
    short: npt.NDArray[np.int64],
    options: GlobalOptions,
    stranger: float,
) -> None:
    """Give each short voice to the likeliest speaker, or let it be one."""
    if len(short) == 0:
        return
    member, sums = _sums(table, groups)
    apart = (against @ member).toarray()
    for index in short:
        voice = table.row(int(index))
        scores = voice.evidence(sums)[0] - apart[index]
        best = int(np.argmax(scores))
        own = voice.durations[0] >= options.own_speech and scores[best] < stranger
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
    labels = np.full(count, -1, dtype=np.int64)
    for number, group in enumerate(sorted(groups, key=min)):
        labels[group] = number
    return labels
