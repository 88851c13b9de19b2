"""Deletes files that nothing will use any more, and takes up imports that were cut off."""

from __future__ import annotations

import logging
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from meetcore.audio.recording import RecordingReader
from meetcore.jobs.runner import JobRunner
from meetcore.jobs.submission import SOURCE_NAME, discard_meeting
from meetcore.records import Job, JobOptions, JobStage, JobState
from meetcore.service.daily_copies import FOLDER
from meetcore.service.restore_backup import STAGING
from meetcore.service.uploads import PART, STALE_S, UploadFolder
from meetcore.store.meetings import MeetingStore

logger = logging.getLogger(__name__)

KEPT_SOURCE_DAYS = 30
"""Days for which the file of an upload that failed or was cancelled can be tried again."""
_GIVEN_UP = (JobState.FAILED, JobState.CANCELLED)


class Leftovers:
    """Finds what killed processes and failed uploads left in the data folder."""

    def __init__(self, store: MeetingStore, recordings_dir: Path, uploads: UploadFolder) -> None:
        self._store = store
        self._recordings_dir = recordings_dir
        self._uploads = uploads

    def sweep(self) -> None:
        """Delete what is older than its age; an OSError is logged, and the next file comes.

        Raises
        ------
        StoreError
            The jobs cannot be read; the files of failed uploads are kept.
        """
        self._uploads.sweep()
        now = time.time()
        # A restore needs the lock that the caller's process holds: none is running.
        shutil.rmtree(self._recordings_dir.parent / STAGING, ignore_errors=True)
        parts = (
            *self._recordings_dir.glob(f"*/*{PART}"),
            *(self._recordings_dir.parent / FOLDER).glob(f"meetcore-*{PART}*"),
        )
        for path in parts:
            _delete(path, if_before=now - STALE_S)
        oldest = datetime.now(UTC) - timedelta(days=KEPT_SOURCE_DAYS)
        for job in self._store.jobs.list(_GIVEN_UP):
            if job.source_path and job.finished_at is not None and job.finished_at < oldest:
                _delete(Path(job.source_path))

    def take_up(self, meeting_id: str, runner: JobRunner) -> bool:
        """Go on with an import whose process was killed before its job was saved.

        A meeting that has neither audio nor its file yet is deleted: the browser sends the file
        again. Returns False where the meeting is none of these.
        """
        folder = self._recordings_dir / meeting_id
        if self._store.jobs.get(meeting_id) or RecordingReader(folder).path:
            return False
        source = folder / SOURCE_NAME
        if source.exists():
            options = JobOptions()
            runner.submit(
                Job(
                    meeting_id,
                    JobState.QUEUED,
                    JobStage.DECODING,
                    options,
                    source_path=str(source),
                )
            )
            return True
        if not self._store.get(meeting_id).source_name:
            return False
        logger.info("meeting %s: its file never arrived", meeting_id)
        discard_meeting(self._store, self._recordings_dir, meeting_id)
        return True


def _delete(path: Path, if_before: float | None = None) -> None:
    try:
        if if_before is None or path.stat().st_mtime < if_before:
            path.unlink(missing_ok=True)
            logger.info("a file that nothing uses was deleted: %s", path.name)
    except OSError as error:
        logger.warning("a file that nothing uses stays (%s)", error.strerror)
