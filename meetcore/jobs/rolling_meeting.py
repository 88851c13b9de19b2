"""`RollingMeeting`: the second pass of one running meeting, as far as it has come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.errors import StoreError
from meetcore.jobs.draft_transcript import DraftTranscript
from meetcore.jobs.growing_recordings import MOST_SAMPLES
from meetcore.jobs.tasks import (
    RollDiarizeTask,
    Rolled,
    RolledSpeakers,
    RollTask,
    TaskExecutor,
    TaskStopped,
)
from meetcore.records import Job, JobOptions, JobStage, JobState, Word
from meetcore.store.meetings import MeetingStore

SPEAKERS_EVERY_S = 5.0
"""How often speakers are looked for in what is new: what is left at Stop is about as long."""


@dataclass(frozen=True, slots=True)
class FollowedMeeting:
    """A running meeting that the second pass follows. The callables must return soon."""

    meeting_id: str
    folder: Path
    """Of the recording."""
    options: JobOptions
    """Of the job after it."""
    has_room: Callable[[], bool]
    """Whether the machine has time for it now."""
    settle: Callable[[Sequence[Word], int], None]
    """Called with the words of each piece after they are stored, and the sample of its end."""
    reached: Callable[[int | None], None]
    """Called with the sample before which nothing is left to do; None when it follows no longer."""


class RollingMeeting:
    """Recognizes a meeting's next pieces, and stores each before it is shown.

    `roll` is called by the rolling pass's thread, `end` by any.
    """

    def __init__(
        self, store: MeetingStore, meeting: FollowedMeeting, stopping: threading.Event
    ) -> None:
        self._store = store
        self._stopping = stopping
        self._meeting = meeting
        self._writing = threading.Lock()
        self._options = meeting.options
        self._position = 0
        self._draft: DraftTranscript | None = None
        self._has_job = False
        self._refused: StoreError | None = None
        self._is_over = False
        self.meeting_id = meeting.meeting_id
        self._speakers_at = 0.0
        self._looked_at = 0
        self.has_no_speakers = False
        """Whether speakers are looked for after the meeting only."""
        self.is_busy = False
        """Whether `roll` runs. This and `is_ending` belong to the rolling pass's lock."""
        self.is_ending = False
        self.failures = 0
        """Errors since the last piece."""
        self.has_failed = False
        """Whether the rest is left to the job after the meeting."""
        meeting.reached(0)

    def may_go_on(self) -> bool:
        """Whether the next pieces may be recognized now."""
        return not self.has_failed and self._meeting.has_room()

    def roll(self, executor: TaskExecutor) -> bool:
        """Recognize and store the next pieces; whether more may be known already.

        Raises
        ------
        StoreError
            The store refused; the next call begins with the piece that is not stored.
        MeetcoreError, UnexpectedTaskError
            The task failed.
        """
        self._begin()
        self._refused = None
        done = executor.run(RollTask(self._meeting.folder, self._position, self._options), self)
        assert isinstance(done, Rolled)
        if self._refused is not None:
            raise self._refused
        if not self.has_failed:
            self._meeting.reached(max(done.reached_samples, self._position))
        return done.n_pieces > 0

    def roll_speakers(self, executor: TaskExecutor) -> bool:
        """Look for speakers in what is new since some seconds; whether more is known already.

        Raises
        ------
        MeetcoreError, UnexpectedTaskError
            The task failed.
        """
        now = time.monotonic()
        if not self._meeting.options.speakers or self.has_no_speakers or now < self._speakers_at:
            return False
        done = executor.run(RollDiarizeTask(self._meeting.folder), self)
        assert isinstance(done, RolledSpeakers)
        self.has_no_speakers = not done.follows
        is_behind = done.n_samples - self._looked_at >= MOST_SAMPLES
        self._looked_at = done.n_samples
        self._speakers_at = now if is_behind else time.monotonic() + SPEAKERS_EVERY_S
        return is_behind

    def end(self) -> Job | None:
        """Store nothing from now on; the job with what is stored, None where nothing is."""
        with self._writing:
            self._is_over = True
        return self._store.jobs.get(self.meeting_id) if self._has_job else None

    def give_up(self) -> None:
        """Leave the rest to the job after the meeting."""
        self.has_failed = True
        self._meeting.reached(None)

    def poll(self) -> None:
        """End the task at a shutdown only: it is short, and its pieces are wanted."""
        if self._stopping.is_set():
            raise TaskStopped

    def progress(self, part: float) -> None:
        """Nothing to report."""
        self.poll()

    def piece(self, words: PieceWords) -> None:
        """Store the words of the next piece, then show them."""
        with self._writing:
            if self._is_over or self.has_failed or self._refused is not None:
                return
            if words.failed:
                # The job tries it again, and says what is missing where it fails there too.
                self.give_up()
                return
            try:
                assert self._draft is not None
                self._draft.add(words)
            except StoreError as error:
                # Not raised here, as the executor would end its worker for it.
                self._refused, self._draft = error, None
                return
            self.failures = 0
            self._position = words.end_sample
            self._options = replace(self._options, heard=words.heard)
        self._meeting.settle(words.words, words.end_sample)

    def _begin(self) -> None:
        """Read what is stored, once; the meeting's job is stored with the first call."""
        if self._draft is None:
            job = self._store.jobs.get(self.meeting_id)
            if job is None:
                options = self._meeting.options
                new = Job(self.meeting_id, JobState.ROLLING, JobStage.RECOGNIZING, options)
                job = self._store.jobs.put(new)
            self._has_job = True
            self._position, self._options = job.checkpoint_samples, job.options
            self._draft = DraftTranscript(self._store, job, lambda write: write())
