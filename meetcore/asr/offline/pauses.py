"""Where a piece of a recording begins and ends, from the probability of speech (pure)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meetcore.asr.offline.chunking import SPEECH_THRESHOLD
from meetcore.asr.vad.activity import FALL, SHORTEST_FRAMES, Probabilities
from meetcore.asr.vad.levels import FRAME_SAMPLES, frame_levels_db
from meetcore.records import SAMPLE_RATE, Samples

SHORTEST_CUT_FRAMES = 10 * SAMPLE_RATE // FRAME_SAMPLES
"""A piece that no pause rule has ended is cut after this length, at the best place."""
LEAD_FRAMES = 6
"""Frames (0.2 s) kept before a piece's first speech: with more, tiny weights repeat themselves."""
ONSET_FRAMES = 62
"""A piece begins at most so long (2 s) before the frame that makes its first speech certain."""
_ONSET_THRESHOLD = 0.1
"""A weak onset of speech: frames of at least this probability before it belong to it."""
KEPT_PAUSE_FRAMES = 16
"""At most so much (0.5 s) of the pause at its end belongs to a piece."""


@dataclass(frozen=True, slots=True)
class PauseRule:
    """A piece of at least `length` frames (of 32 ms) ends at a pause of at least `pause` frames."""

    length: int
    pause: int


def pause_rule(length: float, pause: float) -> PauseRule:
    """A rule from seconds."""
    frames_per_second = SAMPLE_RATE / FRAME_SAMPLES
    return PauseRule(round(length * frames_per_second), round(pause * frames_per_second))


PAUSE_RULES = (pause_rule(8.0, 0.4), pause_rule(10.0, 0.2), pause_rule(12.0, 0.1))
"""Short pieces settle soon, and cost an encoder pass each. With rules from 4 s on, words settled
about 4 s sooner; errors were as many over all clips, but in noise one lost words at its cuts."""


def speech_start(probabilities: Probabilities, first_frame: int, piece_frame: int) -> int | None:
    """Frame at which the piece with the first speech begins; None without speech.

    Speech is certain once a stretch of 96 ms has reached the threshold (see `solid_speech`).

    Parameters
    ----------
    probabilities : of the frames from `first_frame` on
    first_frame : at least `ONSET_FRAMES` before the first frame that was not asked for before, or
        `piece_frame`
    piece_frame : frame after the piece before
    """
    held = probabilities >= SPEECH_THRESHOLD - FALL
    solid = np.flatnonzero(_solid_from(held, probabilities >= SPEECH_THRESHOLD))
    if not solid.shape[0]:
        return None
    first = int(solid[0])
    earliest = max(0, first - ONSET_FRAMES)
    while first > earliest and held[first - 1]:
        first -= 1
    while first > earliest and probabilities[first - 1] >= _ONSET_THRESHOLD:
        first -= 1
    start = first_frame + first - LEAD_FRAMES
    return start if start > piece_frame + LEAD_FRAMES else piece_frame


def _solid_from(
    held: npt.NDArray[np.bool_], speech: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Frames at which a stretch of held frames is long enough and has reached the threshold."""
    count = np.arange(1, held.shape[0] + 1)
    run = count - np.maximum.accumulate(np.where(held, 0, count))
    since_speech = count - np.maximum.accumulate(np.where(speech, count, 0))
    long_enough: npt.NDArray[np.bool_] = (run >= SHORTEST_FRAMES) & (since_speech < run)
    return long_enough


def first_pause(probabilities: Probabilities, rules: tuple[PauseRule, ...]) -> int | None:
    """Frames of a piece up to inside the first pause that ends it; None without such a pause.

    What follows the frame at which a rule holds does not count.

    Parameters
    ----------
    probabilities : np.ndarray, shape (n_frames,), of the piece's frames so far
    """
    silent = probabilities < SPEECH_THRESHOLD
    count = np.arange(1, silent.shape[0] + 1)
    last_speech = np.maximum.accumulate(np.where(silent, 0, count))
    ends = np.zeros(silent.shape, dtype=np.bool_)
    for rule in rules:
        ends |= (count >= rule.length) & (count - last_speech >= rule.pause)
    found = np.flatnonzero(ends)
    if not found.shape[0]:
        return None
    speech, end = int(last_speech[found[0]]), int(count[found[0]])
    return speech + min((end - speech) // 2, KEPT_PAUSE_FRAMES)


def best_cut(window: Samples, probabilities: Probabilities) -> int:
    """Frames before the best cut: inside the longest pause, else at the faintest 100 ms.

    Parameters
    ----------
    window : np.ndarray, shape (n_samples,), float32, 16 kHz
    probabilities : np.ndarray, shape (n_frames,), probability of speech per 512 samples
    """
    first = SHORTEST_CUT_FRAMES
    gaps = _pauses(probabilities < SPEECH_THRESHOLD, first)
    if gaps:
        start, end = max(gaps, key=lambda gap: (gap[1] - gap[0], gap[1]))
        return (start + end) // 2
    levels = np.convolve(frame_levels_db(window), np.ones(3) / 3, mode="same")
    cost = levels + 20.0 * probabilities
    return first + int(np.argmin(cost[first:-2]))


def _pauses(silent: npt.NDArray[np.bool_], first: int) -> list[tuple[int, int]]:
    """Runs of at least 3 silent frames (96 ms) after frame `first`, as (start, end) frames."""
    padded = np.concatenate(([False], silent[first:], [False])).astype(np.int8)
    edges = np.flatnonzero(np.diff(padded)).reshape(-1, 2) + first
    return [(int(start), int(end)) for start, end in edges if end - start >= 3]
