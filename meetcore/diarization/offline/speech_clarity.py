"""How much a second of a recording's speech says about its voices, estimated from it alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from meetcore.diarization.offline.assignments import EmbeddedChunk
from meetcore.diarization.voice_similarity import HALF_RELIABLE

NEAR_FRAMES = 120
"""Chunks of one track at most this far apart (2 s) count as one speaker's."""
PRIOR_PAIRS = 20
"""Pairs of clear speech that are added to the measured ones: short recordings have few."""
LEAST = 0.2
"""Clarity is never less; voices of such a recording can hardly be told apart."""


def clarity_of(chunks: Sequence[EmbeddedChunk]) -> float:
    """Seconds of clear speech that a second of this recording is worth, at most 1.

    Two neighbouring chunks of one track are one speaker's nearly always. Their cosine is
    d / (d + h) for d seconds each, with h = HALF_RELIABLE in clear speech. Distance, noise and
    echo raise h; durations times HALF_RELIABLE / h then follow the densities of clear speech.

    Parameters
    ----------
    chunks : for each track in order of time
    """
    last: dict[int, EmbeddedChunk] = {}
    cosines, durations = [], []
    for chunk in chunks:
        before = last.get(chunk.track)
        last[chunk.track] = chunk
        if before is not None and chunk.frame - before.frame <= NEAR_FRAMES:
            cosines.append(float(before.vector @ chunk.vector))
            durations.append(np.sqrt(before.speech * chunk.speech))
    if not cosines:
        return 1.0
    duration = float(np.mean(durations))
    clear = duration / (duration + HALF_RELIABLE)
    weight = len(cosines) / (len(cosines) + PRIOR_PAIRS)
    cosine = weight * float(np.median(cosines)) + (1.0 - weight) * clear
    half = duration * (1.0 - cosine) / max(cosine, 1e-3)
    return float(np.clip(HALF_RELIABLE / half, LEAST, 1.0))
