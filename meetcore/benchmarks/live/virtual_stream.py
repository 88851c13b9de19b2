"""Streams audio through a live session on a virtual clock: as fast as it goes, with real costs.

What else runs on the machine hardly changes the figures: a chunk takes the CPU time that was
measured for it, and is late by what queued before it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from meetcore.benchmarks.live.stream import CHUNK_SAMPLES
from meetcore.metrics.live_log import Update
from meetcore.models.identifier_session import IdentifierSession
from meetcore.records import SAMPLE_RATE, Samples, Segment


@dataclass(frozen=True, slots=True)
class VirtualLog:
    """What a session showed, on the virtual clock, and the CPU seconds it took."""

    duration: float
    updates: tuple[Update, ...]
    segments: tuple[Segment, ...]
    """The transcript at the end."""
    cpu_s: float
    errors: int


def run_virtually(session: IdentifierSession, samples: Samples) -> VirtualLog:
    """Push all samples in chunks of 0.1 s, and close the session.

    A chunk is taken when its last sample would have been spoken, or when the chunk before is
    done. It takes the CPU time of this process meanwhile, or the time on the wall where that is
    less, as some steps use several cores.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float32, 16 kHz
    """
    updates: list[Update] = []
    shown: tuple[object, object] = ((), ())
    free_at = total = 0.0
    starts = range(0, samples.shape[0], CHUNK_SAMPLES)
    for first in (*starts, None):
        cpu, wall = time.process_time(), time.perf_counter()
        if first is None:
            session.flush()
        else:
            session.process_audio_chunk(samples[first : first + CHUNK_SAMPLES], first / SAMPLE_RATE)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        stop = samples.shape[0] if first is None else first + CHUNK_SAMPLES
        arrived = min(stop, samples.shape[0]) / SAMPLE_RATE
        free_at = max(free_at, arrived) + min(cpu, wall)
        total += cpu
        segments, tentative = session.segments(), session.tentative()[0]
        if (segments, tentative) != shown:
            shown = (segments, tentative)
            updates.append(Update(free_at, segments, tentative))
    segments, errors = session.segments(), session.errors.chunk_errors
    session.close()
    return VirtualLog(samples.shape[0] / SAMPLE_RATE, tuple(updates), segments, total, errors)
