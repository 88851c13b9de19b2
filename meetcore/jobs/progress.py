"""Follows a task for the store: progress, time left, and whether anybody still wants it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from meetcore.asr.offline.recording import PieceWords
from meetcore.errors import MeetingNotFoundError, StoreError
from meetcore.jobs.remaining_time import Estimate
from meetcore.jobs.tasks import CancelledByPerson
from meetcore.records import JobStage, JobState
from meetcore.store.meetings import MeetingStore

logger = logging.getLogger(__name__)

REPORT_S = 0.5
BEGUN = 0.01
"""Progress of a meeting whose job has begun; before its end it stays below 1."""


class StageWatch:
    """A Watch over one stage of one job; see meetcore.jobs.tasks.Watch.

    Parameters
    ----------
    ask : called with every news; raises Stopped when the work is to end
    take : takes the words of each piece
    """

    def __init__(
        self,
        store: MeetingStore,
        meeting_id: str,
        stage: JobStage,
        estimate: Estimate,
        ask: Callable[[], None],
        take: Callable[[PieceWords], None] = lambda words: None,
        begun: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._meeting_id = meeting_id
        self._stage = stage
        self._estimate = estimate
        self._ask = ask
        self._take = take
        self._begun = begun
        self._part = begun
        self._clock = clock
        self._reported_at = clock()
        self._loaded_at: float | None = None
        self._tell()

    @property
    def elapsed(self) -> float:
        """Seconds since its models were there."""
        return 0.0 if self._loaded_at is None else self._clock() - self._loaded_at

    def poll(self) -> None:
        """End the task when nobody wants it; else tell the time that is left."""
        self._ask()
        if self._clock() - self._reported_at >= REPORT_S:
            self._tell()

    def progress(self, part: float) -> None:
        """Note how far it is."""
        if self._loaded_at is None:
            self._loaded_at = self._clock()
        self._part = max(self._part, min(part, 1.0))
        self.poll()

    def piece(self, words: PieceWords) -> None:
        """Keep the words of a piece."""
        self._ask()
        self._take(words)

    def _tell(self) -> None:
        """A bar that stands still is no reason to lose the work."""
        now = self._reported_at = self._clock()
        # Rounded: sums of the stages' shares differ in their last bit, and a bar never goes back.
        overall = round(self._estimate.overall(self._stage, self._part), 4)
        left = self._estimate.remaining(self._stage, self._part, self._begun, self.elapsed, now)
        try:
            job = self._store.jobs.update(
                self._meeting_id,
                stage=self._stage,
                progress=self._part,
                overall=overall,
                remaining_s=left,
            )
            self._store.update(self._meeting_id, progress=max(BEGUN, min(overall, 0.99)))
        except MeetingNotFoundError as error:
            raise CancelledByPerson from error
        except StoreError:
            logger.exception("meeting %s: its progress could not be saved", self._meeting_id)
            return
        if job.state is JobState.CANCELLED:
            raise CancelledByPerson
