"""Gives each second of speech to the speaker it is most like, after all voices were clustered.

Clustering decides on whole stretches of a track, whose edges were found before any speaker was
known. With the voices of all speakers at hand each chunk can be decided on its own, held to its
neighbours by the cost of a change, as in variational Bayes resegmentation.
Source: Landini et al. 2022, "Bayesian HMM clustering of x-vector sequences (VBx)".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from meetcore.diarization.voice_similarity import VoiceTable

Labels = npt.NDArray[np.int64]
"""Speaker of each chunk, shape (n_chunks,), int64, from 0."""
Scores = npt.NDArray[np.float64]
"""Log-likelihood ratio of each chunk and speaker, shape (n_chunks, n_speakers), float64."""

_IMPOSSIBLE = -1e3


@dataclass(frozen=True, slots=True)
class ResegmentationOptions:
    """Costs in units of log-likelihood."""

    change: float = 3.0
    """Cost of a change of speaker between two neighbouring chunks of a track (1 in 20)."""
    rounds: int = 3
    """Voices are summed anew so many times."""
    existence: float = 1.0
    """A speaker without whom the chunks are less than this likely, times the logarithm of the
    number of chunks, is given up: what a parameter must gain grows so (BIC)."""
    overlap_evidence: float = 8.0
    """Evidence against a speaker for each second in which he speaks on another track."""


def resegmented(
    chunks: VoiceTable,
    tracks: Sequence[npt.NDArray[np.int64]],
    labels: Labels,
    together: Any,
    options: ResegmentationOptions,
) -> Labels:
    """The speakers of all chunks, decided anew; some speakers may have none left.

    Parameters
    ----------
    chunks : their voices
    tracks : indices of the chunks of each track, in order of time
    labels : the speakers found by clustering
    together : sparse array, shape (n_chunks, n_chunks), seconds in which two chunks' tracks were
        active at once
    """
    for _ in range(options.rounds):
        scores = _scores(chunks, labels)
        scores -= options.overlap_evidence * (together @ _members(labels, scores.shape[1]))
        fresh = labels.copy()
        for indices in tracks:
            fresh[indices] = likeliest_path(scores[indices], options.change)
        fresh = _without_weak_speakers(scores, fresh, options.existence * np.log(len(labels)))
        if np.array_equal(fresh, labels):
            break
        labels = fresh
    return labels


def _members(labels: Labels, count: int) -> npt.NDArray[np.float64]:
    members = np.zeros((len(labels), count))
    members[np.arange(len(labels)), labels] = 1.0
    return members


def _scores(chunks: VoiceTable, labels: Labels) -> Scores:
    """Ratio of each chunk and each speaker; its own speaker is taken without it."""
    members = _members(labels, int(labels.max()) + 1)
    speakers = VoiceTable(members.T @ chunks.totals, members.T @ chunks.durations)
    scores = chunks.log_likelihood_ratio(speakers)
    rest = VoiceTable(
        speakers.totals[labels] - chunks.totals,
        np.maximum(speakers.durations[labels] - chunks.durations, 0.0),
    )
    own = np.where(rest.durations > 1e-6, chunks.log_likelihood_ratio_by_row(rest), 0.0)
    scores[np.arange(len(labels)), labels] = own
    scores[:, speakers.durations <= 0] = _IMPOSSIBLE
    return scores


def likeliest_path(scores: Scores, change: float) -> Labels:
    """The speakers with the greatest sum of scores, less `change` for each change (Viterbi).

    Examples
    --------
    >>> scores = np.array([[2.0, 0.0], [0.0, 2.0], [2.0, 0.0], [0.0, 4.0], [0.0, 4.0]])
    >>> likeliest_path(scores, 3.0)
    array([0, 0, 0, 1, 1])
    """
    count, speakers = scores.shape
    came_from = np.zeros((count, speakers), np.int64)
    best = scores[0].copy()
    for row in range(1, count):
        leader = int(np.argmax(best))
        changes = best < best[leader] - change
        came_from[row] = np.where(changes, leader, np.arange(speakers))
        best = np.where(changes, best[leader] - change, best) + scores[row]
    path = np.zeros(count, np.int64)
    path[-1] = int(np.argmax(best))
    for row in range(count - 1, 0, -1):
        path[row - 1] = came_from[row, path[row]]
    return path


def _without_weak_speakers(scores: Scores, labels: Labels, needed: float) -> Labels:
    """Labels, with each speaker whose chunks are nearly as likely another's given up."""
    labels = labels.copy()
    while True:
        speakers = np.unique(labels)
        if len(speakers) < 2:
            return labels
        scored = scores[:, speakers]
        position = np.searchsorted(speakers, labels)
        own = scored[np.arange(len(labels)), position]
        scored[np.arange(len(labels)), position] = -np.inf
        gains = np.bincount(position, own - scored.max(axis=1), minlength=len(speakers))
        weakest = int(np.argmin(gains))
        if gains[weakest] >= needed:
            return labels
        gone = position == weakest
        labels[gone] = speakers[scored[gone].argmax(axis=1)]
