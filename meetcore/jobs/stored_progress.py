"""Writes a job's progress and time left to the database; stops cancelled jobs.

`StoredResults` makes one for each stage.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.errors import MeetingNotFoundError, StoreError
from meetcore.jobs.remaining_time import Estimate
from meetcore.jobs.tasks import JobCancelled
from meetcore.records import JobStage, JobState
from meetcore.store.meetings import MeetingStore

logger = logging.getLogger(__name__)

REPORT_S = 0.5
"""How often progress is written."""
LEAST, MOST = 0.01, 0.99
"""Bounds of a meeting's progress while its job runs; 1 is written when it is done."""


class StoredProgress:
    """A TaskObserver that writes the progress of one stage into the store.

    Parameters
    ----------
    check_stop : called with every report; raises TaskStopped when the job is to end
    begun : part of the stage, 0 to 1, that was done before it was resumed
    """

    def __init__(
        self,
        store: MeetingStore,
        meeting_id: str,
        stage: JobStage,
        estimate: Estimate,
        check_stop: Callable[[], None],
        begun: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._meeting_id = meeting_id
        self._stage = stage
        self._estimate = estimate
        self._check_stop = check_stop
        self._begun = begun
        self._part = begun
        self._clock = clock
        self._reported_at = clock()
        self._loaded_at: float | None = None
        self._report()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the stage's models were loaded; 0 before that."""
        return 0.0 if self._loaded_at is None else self._clock() - self._loaded_at

    def poll(self) -> None:
        """Write the time left every half second; raises TaskStopped when the job is to end."""
        self._check_stop()
        if self._clock() - self._reported_at >= REPORT_S:
            self._report()

    def progress(self, part: float) -> None:
        """Note the part done; it never decreases."""
        if self._loaded_at is None:
            self._loaded_at = self._clock()
        self._part = max(self._part, min(part, 1.0))
        self.poll()

    def piece(self, words: PieceWords) -> None:
        """Raises TaskStopped when the job is to end; the words are kept by StoredResults."""
        self._check_stop()

    def _report(self) -> None:
        """Write the progress; a StoreError is only logged, as nothing but the bar depends on it."""
        now = self._reported_at = self._clock()
        # Rounded: sums of the stages' shares differ in their last bit, and a bar never goes back.
        overall = round(self._estimate.overall(self._stage, self._part), 4)
        left = self._estimate.remaining(self._stage, self._part, self._begun, self.elapsed_s, now)
        try:
            job = self._store.jobs.update(
                self._meeting_id,
                stage=self._stage,
                progress=self._part,
                overall=overall,
                remaining_s=left,
            )
            self._store.update(self._meeting_id, progress=max(LEAST, min(overall, MOST)))
        except MeetingNotFoundError as error:
            raise JobCancelled from error
        except StoreError:
            logger.exception("meeting %s: its progress could not be saved", self._meeting_id)
            return
        if job.state is JobState.CANCELLED:
            raise JobCancelled
