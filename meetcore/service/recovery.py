"""Start-up recovery: resumes jobs, deletes the hidden, marks crashed meetings."""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path

from filelock import FileLock, Timeout

from meetcore.audio.recording import RecordingReader
from meetcore.errors import MeetcoreError, RecordingError, StoreError
from meetcore.jobs.runner import JobRunner
from meetcore.jobs.submission import JobSubmission
from meetcore.records import SAMPLE_RATE, Job, JobStage, JobState, Meeting, MeetingState
from meetcore.service.running_meetings import RunningMeetings
from meetcore.service.trash import Trash
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore

logger = logging.getLogger(__name__)

PAGE = 1000


class Recovery:
    """Recovers the data folder once per process, as its owner.

    The owner holds a file lock until `release`; a second process on the same folder leaves the
    meetings of the first one alone.
    """

    def __init__(
        self,
        store: MeetingStore,
        settings: Settings,
        meetings: RunningMeetings,
        submission: JobSubmission,
        runner: JobRunner,
        trash: Trash,
    ) -> None:
        self._store = store
        self._settings = settings
        self._meetings = meetings
        self._submission = submission
        self._runner = runner
        self._trash = trash
        self._owner = FileLock(settings.data_dir / "owner.lock", thread_local=False)

    def run(self) -> list[Meeting]:
        """Mark and give the meetings that a crash interrupted; resume jobs, remove the deleted."""
        try:
            self._owner.acquire(timeout=0)
        except Timeout:
            logger.warning("another Meetcore runs on this data folder; its meetings are left alone")
            return []
        self._trash.recover()
        with_job = self._submission.recover()
        waiting = [each for each in waiting_meetings(self._store) if each not in with_job]
        owned = {*self._meetings.ids(), *self._runner.pending(), *with_job, *waiting}
        interrupted = mark_interrupted(self._store, self._settings.recordings_dir, owned)
        for meeting_id in waiting:
            self._finalize(meeting_id)
        return interrupted

    def _finalize(self, meeting_id: str) -> None:
        """Queue a second pass; a refusal does not keep the others, or the app, from starting."""
        try:
            self._submission.finalize(meeting_id)
        except StoreError:
            job = Job(meeting_id, JobState.QUEUED, JobStage.RECOGNIZING)
            if self._runner.enqueue_held(job):
                self._runner.release_held(meeting_id)
        except MeetcoreError:
            logger.exception("meeting %s: its second pass was not queued", meeting_id)

    def release(self) -> None:
        """Let another process become the owner; idempotent."""
        self._owner.release()


def waiting_meetings(store: MeetingStore) -> list[str]:
    """The ids of meetings that ended well and whose second pass never ran, oldest first.

    One whose pass had begun is left out, as it may have crashed the process: a person decides.
    """
    found: list[str] = []
    for offset in range(0, 1_000_000, PAGE):
        page = store.list_meetings(limit=PAGE, offset=offset)
        found += [
            meeting.id
            for meeting in page
            if meeting.state is MeetingState.FINALIZING and meeting.progress == 0.0
        ]
        if len(page) < PAGE:
            break
    return found[::-1]


def mark_interrupted(
    store: MeetingStore, recordings_dir: Path, owned: Collection[str]
) -> list[Meeting]:
    """Mark unfinished meetings outside `owned` as interrupted, and correct their length.

    The stored length is that of the last save, some seconds before the crash; the recording has
    the true one.
    """
    return [
        _with_length(store, recordings_dir, meeting)
        for meeting in store.mark_interrupted(except_ids=owned)
    ]


def _with_length(store: MeetingStore, recordings_dir: Path, meeting: Meeting) -> Meeting:
    try:
        samples = RecordingReader(recordings_dir / meeting.id).n_samples
        return store.update(meeting.id, duration=samples / SAMPLE_RATE)
    except (RecordingError, StoreError):
        logger.exception("meeting %s: its length could not be corrected", meeting.id)
        return meeting
