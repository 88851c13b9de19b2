"""Times of tokens from the decoder's cross-attention, as Whisper's word times are made."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from meetcore.asr.whisper.word_times import TokenTimes
from meetcore.records import SAMPLE_RATE

Attention = npt.NDArray[np.float32]
"""Weights, shape (n_heads, n_rows, n_frames), float32; row i attended while token i was chosen."""

HOP_SAMPLES = 384
"""One encoder frame: three convolutions with strides of 64, 3 and 2."""
_CENTRE_SAMPLES = 447.5
"""Middle of the 895 samples that the first frame is computed from (kernels of 127, 7 and 3)."""


def token_times(
    attention: Attention, probabilities: npt.NDArray[np.float64], duration: float
) -> TokenTimes:
    """Times of tokens, from the best order-keeping assignment of encoder frames to tokens.

    Parameters
    ----------
    attention : rows of the text tokens, and of the end of text where it was reached
    probabilities : np.ndarray, shape (n_tokens,), one per text token
    duration : seconds of audio; no time is later
    """
    frames = first_frames(_normalised(attention))
    edges = frames * HOP_SAMPLES + _CENTRE_SAMPLES - HOP_SAMPLES / 2
    starts = np.where(frames > 0, edges, 0.0) / SAMPLE_RATE
    count = probabilities.shape[0]
    found = [float(value) for value in np.clip(starts, 0.0, duration)[: count + 1]]
    found += [duration] * (count + 1 - len(found))
    return TokenTimes(tuple(found), tuple(float(value) for value in probabilities))


def first_frames(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The frame at which each row starts, so that the rows' scores over their frames are largest.

    Rows come in order, each takes frames without a gap up to the next one's first, and the last
    row ends with the audio; frames before the first row are free, a row may take none.

    Parameters
    ----------
    scores : np.ndarray, shape (n_rows, n_frames)

    Returns
    -------
    np.ndarray, shape (n_rows,), int64

    >>> first_frames(np.array([[0.0, 1, -1, -1], [0, -1, 1, -1], [0, -1, -1, 1]]))
    array([0, 2, 3])
    """
    n_rows, n_frames = scores.shape
    sums = np.zeros((n_rows, n_frames + 1))
    np.cumsum(scores, axis=1, out=sums[:, 1:])
    places = np.arange(n_frames + 1)
    best = np.zeros(n_frames + 1)
    """Largest score of the rows so far, when they end before a frame."""
    chosen = np.zeros((n_rows, n_frames + 1), dtype=np.int64)
    for row in range(n_rows):
        gain = best - sums[row]
        largest = np.maximum.accumulate(gain)
        chosen[row] = np.maximum.accumulate(np.where(gain >= largest, places, 0))
        best = sums[row] + largest
    frames = np.zeros(n_rows, dtype=np.int64)
    end = n_frames
    for row in range(n_rows - 1, -1, -1):
        end = frames[row] = chosen[row][end]
    return frames


def _normalised(attention: Attention) -> npt.NDArray[np.float64]:
    """Mean over the heads of how far each weight is above the other rows' at the same frame.

    Source: openai-whisper's timing.py (`find_alignment`).
    """
    weights = attention.astype(np.float64)
    mean = weights.mean(axis=1, keepdims=True)
    spread = weights.std(axis=1, keepdims=True)
    result: npt.NDArray[np.float64] = ((weights - mean) / (spread + 1e-6)).mean(axis=0)
    return result
