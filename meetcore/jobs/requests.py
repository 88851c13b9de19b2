"""Where jobs are asked for: files come in, passes are repeated, given up, or taken up again."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from meetcore.audio.recording import RecordingReader
from meetcore.errors import MeetcoreError, MeetingStateError, RecordingError, StoreError
from meetcore.jobs.runner import MOST_ATTEMPTS, JobRunner
from meetcore.records import Job, JobOptions, JobStage, JobState, MeetingState
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore
from meetcore.text.names import shown_name, title_of

logger = logging.getLogger(__name__)

SOURCE_NAME = "upload"
"""Without an ending: what a file is, its content tells."""
UNFINISHED = (JobState.QUEUED, JobState.RUNNING)
TOO_OFTEN = (
    f"Its work was begun {MOST_ATTEMPTS} times and never ended, because Meetcore stopped each time."
    " What was done is kept; try again."
)


class JobDesk:
    """Takes what pages and the command line ask for to the runner."""

    def __init__(
        self,
        store: MeetingStore,
        settings: Settings,
        runner: JobRunner,
        is_live: Callable[[str], bool],
    ) -> None:
        self._store = store
        self._settings = settings
        self._runner = runner
        self._is_live = is_live

    def import_file(self, path: Path, name: str, options: JobOptions, title: str | None) -> str:
        """Move a file in and queue its job; gives the new meeting's id."""
        meeting = self._store.create_meeting(
            (title or "").strip() or title_of(name),
            language=options.language or self._settings.language,
            state=MeetingState.FINALIZING,
            source_name=shown_name(name),
        )
        folder = self._settings.recordings_dir / meeting.id
        try:
            source = self._moved(path, folder / SOURCE_NAME)
            self._runner.submit(
                Job(
                    meeting.id,
                    JobState.QUEUED,
                    JobStage.DECODING,
                    options,
                    source_path=str(source),
                )
            )
        except BaseException:
            self._take_back(meeting.id, folder)
            raise
        return meeting.id

    def finalize(self, meeting_id: str) -> None:
        """The second pass of an ended meeting; work that was given up goes on where it was."""
        self._refuse_live(meeting_id)
        job = self._store.jobs.get(meeting_id)
        if job is None or job.state is JobState.DONE:
            options = job.options if job else JobOptions()
            self._runner.submit(Job(meeting_id, JobState.QUEUED, JobStage.RECOGNIZING, options))
        else:
            self.retry(meeting_id, None, None)

    def retry(self, meeting_id: str, stage: JobStage | None, options: JobOptions | None) -> None:
        """Do one stage and what follows again; for None, go on where it failed."""
        self._refuse_live(meeting_id)
        job = self._store.jobs.get(meeting_id)
        if job is None:
            job = Job(meeting_id, JobState.DONE, JobStage.RECOGNIZING)
        wanted = stage or (JobStage.RECOGNIZING if job.state is JobState.DONE else job.stage)
        wanted = self._possible(job, wanted)
        again = stage is not None or job.state is JobState.DONE or _hears_else(job, options)
        if again and options is not None and _hears_else(job, options) and stage is None:
            wanted = min(wanted, JobStage.RECOGNIZING, key=list(JobStage).index)
        self._runner.submit(
            replace(
                job,
                state=JobState.QUEUED,
                stage=wanted,
                options=options or job.options,
                progress=0.0,
                overall=0.0,
                remaining_s=None,
                checkpoint_samples=0 if again else job.checkpoint_samples,
                detail="",
                attempts=0,
                finished_at=None,
            )
        )

    def recover(self) -> list[str]:
        """Take up what the last process left in work; gives the meetings with a job.

        A crash costs an attempt; a job that was begun too often waits for a person.
        """
        unfinished = self._store.jobs.list(UNFINISHED)
        for job in sorted(unfinished, key=lambda job: str(job.created_at)):
            if job.state is JobState.RUNNING and job.attempts >= MOST_ATTEMPTS:
                self._store.jobs.update(job.meeting_id, state=JobState.FAILED, detail=TOO_OFTEN)
                self._store.update(job.meeting_id, state=MeetingState.FAILED, detail=TOO_OFTEN)
            else:
                self._runner.resume(job.meeting_id)
        return [job.meeting_id for job in unfinished]

    def _possible(self, job: Job, wanted: JobStage) -> JobStage:
        """The stage wanted, or the one it needs first."""
        has_source = job.source_path is not None and Path(job.source_path).exists()
        if wanted is JobStage.DECODING and not has_source:
            wanted = JobStage.RECOGNIZING
        if self._has_audio(job.meeting_id):
            return wanted
        if has_source:
            return JobStage.DECODING
        if job.source_path is not None:
            raise MeetingStateError("The uploaded file is gone. Upload it again.")
        return JobStage.RECOGNIZING

    def _has_audio(self, meeting_id: str) -> bool:
        try:
            return RecordingReader(self._settings.recordings_dir / meeting_id).n_samples > 0
        except RecordingError:
            return True

    def _refuse_live(self, meeting_id: str) -> None:
        if self._is_live(meeting_id):
            raise MeetingStateError("This meeting is still running; stop it first.")

    def _moved(self, path: Path, target: Path) -> Path:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            return Path(shutil.move(path, target))
        except OSError as error:
            raise RecordingError(
                f"The upload cannot be moved to {target.parent} ({error.strerror})."
                " Check the free space and the access rights there, then try again."
            ) from error

    def _take_back(self, meeting_id: str, folder: Path) -> None:
        """Undo a meeting that could not begin; whatever hinders that is not the news."""
        try:
            self._store.delete(meeting_id)
        except (MeetcoreError, StoreError):
            logger.exception("meeting %s: it could not be taken back", meeting_id)
        shutil.rmtree(folder, ignore_errors=True)


def _hears_else(job: Job, options: JobOptions | None) -> bool:
    """Whether new options change the words, so that those of a draft are no use."""
    if options is None:
        return False
    old = job.options
    return (old.language, old.recognizer, old.prompt) != (
        options.language,
        options.recognizer,
        options.prompt,
    )
