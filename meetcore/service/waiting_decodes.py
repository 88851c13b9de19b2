"""`WaitingDecodes`: the space that uploads will need once they are decoded."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from meetcore.errors import StoreError
from meetcore.jobs.accepted_jobs import UNFINISHED
from meetcore.records import SAMPLE_RATE, Job, JobStage
from meetcore.store.meetings import MeetingStore
from meetcore.text.safe_traceback import in_one_line

logger = logging.getLogger(__name__)

RAW_BYTES_PER_SECOND = 2 * SAMPLE_RATE
FLAC_SHARE = 0.7
"""Of the raw size; speech takes about half, noise more."""
GROWTH = 4
"""Raw size over file size where a file's length is not known, as of a 64 kbit/s file."""
FRESH_S = 1.0
"""How long a sum is used again: an upload asks for it after each megabyte."""


class WaitingDecodes:
    """Sums up the recordings of jobs that are not decoded yet. Safe from several threads."""

    def __init__(self, store: MeetingStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._seconds: dict[str, float] = {}
        self._sum = 0
        self._summed_at = float("-inf")

    def expect(self, meeting_id: str, seconds: float) -> None:
        """Note the length of an upload, as its file states it."""
        with self._lock:
            self._seconds[meeting_id] = seconds
            self._summed_at = float("-inf")

    def n_bytes(self) -> int:
        """Bytes of all recordings to come; one at a time is there raw and compressed."""
        with self._lock:
            if self._clock() - self._summed_at >= FRESH_S:
                self._sum, self._summed_at = self._summed(), self._clock()
            return self._sum

    def _summed(self) -> int:
        try:
            jobs = [job for job in self._store.jobs.list(UNFINISHED) if _is_to_decode(job)]
        except StoreError as error:
            logger.warning(
                "the space for waiting uploads is not known anew: %s", in_one_line(error)
            )
            return self._sum
        waiting = {job.meeting_id for job in jobs}
        self._seconds = {key: each for key, each in self._seconds.items() if key in waiting}
        raw = [self._raw_bytes(job) for job in jobs]
        return round(FLAC_SHARE * sum(raw)) + max(raw, default=0)

    def _raw_bytes(self, job: Job) -> int:
        seconds = self._seconds.get(job.meeting_id, 0.0)
        return round(seconds * RAW_BYTES_PER_SECOND) if seconds else GROWTH * _size_of(job)


def raw_bytes(seconds: float) -> int:
    """What decoding a file of this length takes at most: raw, and compressed beside it."""
    return round((1 + FLAC_SHARE) * seconds * RAW_BYTES_PER_SECOND)


def _is_to_decode(job: Job) -> bool:
    return job.stage is JobStage.DECODING and job.source_path is not None


def _size_of(job: Job) -> int:
    try:
        return Path(job.source_path or "").stat().st_size
    except OSError:
        return 0
