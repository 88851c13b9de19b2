"""Whose voices are the same, seen all at once: agglomerative clustering of voices. Pure.

Source: greedy pairing by log-likelihood ratio as in speaker diarization since Chen &
Gopalakrishnan 1998; here both densities are those measured in similarity.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meetcore.speakers.similarity import Voice, evidence

Matrix = npt.NDArray[np.float64]


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
    n_speakers: int | None = None
    """Exactly this many speakers, as far as there are voices."""
    max_speakers: int | None = None

    def __post_init__(self) -> None:
        for name in ("n_speakers", "max_speakers"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}; it must be at least 1.")


def cluster(
    voices: Sequence[Voice], options: GlobalOptions, together: Matrix | None = None
) -> npt.NDArray[np.int64]:
    """Group voices by speaker.

    Parameters
    ----------
    together : np.ndarray, shape (n, n), optional
        Seconds in which two voices spoke at once, which speaks against their being one.

    Returns
    -------
    np.ndarray, shape (n,)
        Cluster of each voice, numbered from 0 in the order of the first voice of each.
    """
    against = np.zeros((len(voices), len(voices))) if together is None else together
    against = against * options.apart
    order = np.argsort([-voice.duration for voice in voices], kind="stable")
    enough = options.n_speakers or 1
    long = [
        int(index)
        for rank, index in enumerate(order)
        if voices[index].duration >= options.long_speech or rank < enough
    ]
    groups = _agglomerate([voices[i] for i in long], against[np.ix_(long, long)], options)
    members = [[long[position] for position in group] for group in groups]
    short = [int(index) for index in order if int(index) not in set(long)]
    _join(voices, against, members, short, options)
    return _numbered(members, len(voices))


def _agglomerate(voices: list[Voice], against: Matrix, options: GlobalOptions) -> list[list[int]]:
    """Unite the likeliest pair until no pair is likely, or the wanted number is reached."""
    count = len(voices)
    voices = list(voices)
    groups = [[index] for index in range(count)]
    against = against.copy()
    scores = np.full((count, count), -np.inf)
    for row in range(count):
        for column in range(row):
            scores[row, column] = evidence(voices[row], voices[column]) - against[row, column]
    alive = set(range(count))
    while len(alive) > 1:
        gone, keep = divmod(int(np.argmax(scores)), count)
        if _enough(float(scores[gone, keep]), len(alive), options):
            break
        voices[keep] = voices[keep].plus(voices[gone])
        groups[keep] += groups[gone]
        against[keep] += against[gone]
        against[:, keep] = against[keep]
        alive.discard(gone)
        scores[gone, :] = scores[:, gone] = -np.inf
        for other in alive - {keep}:
            score = evidence(voices[keep], voices[other]) - against[keep, other]
            scores[max(keep, other), min(keep, other)] = score
    return [groups[index] for index in sorted(alive)]


def _enough(best: float, alive: int, options: GlobalOptions) -> bool:
    """Whether to stop before uniting the best pair left."""
    if options.n_speakers is not None:
        return alive <= options.n_speakers
    if options.max_speakers is not None and alive > options.max_speakers:
        return False
    return best < options.threshold


def _join(
    voices: Sequence[Voice],
    against: Matrix,
    members: list[list[int]],
    short: list[int],
    options: GlobalOptions,
) -> None:
    """Give each short voice to the likeliest speaker, or let it be one."""
    centres = [_sum([voices[i] for i in group]) for group in members]
    limit = options.n_speakers or options.max_speakers or len(voices)
    for index in short:
        scores = [
            evidence(centre, voices[index]) - float(against[index, group].sum())
            for centre, group in zip(centres, members, strict=True)
        ]
        best = int(np.argmax(scores))
        own = voices[index].duration >= options.own_speech and scores[best] < options.stranger
        if own and len(members) < limit:
            members.append([index])
            centres.append(voices[index])
        else:
            members[best].append(index)


def _sum(voices: Sequence[Voice]) -> Voice:
    total = voices[0]
    for voice in voices[1:]:
        total = total.plus(voice)
    return total


def _numbered(members: list[list[int]], count: int) -> npt.NDArray[np.int64]:
    labels = np.full(count, -1, dtype=np.int64)
    for number, group in enumerate(sorted(members, key=min) if count else []):
        labels[group] = number
    return labels
