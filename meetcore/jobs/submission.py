"""Makes jobs and queues them: for uploads, ended meetings, repeated stages and after a restart.

`MeetingService` calls it; jobs go to `JobRunner`, which runs them.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from meetcore.audio.recording import RecordingReader
from meetcore.errors import (
    MeetcoreError,
    MeetingStateError,
    ModelUnavailableError,
    RecordingError,
    StoreError,
)
from meetcore.jobs.accepted_jobs import UNFINISHED
from meetcore.jobs.job_attempts import MAX_ATTEMPTS
from meetcore.jobs.runner import JobRunner
from meetcore.private_files import make_folder, mend
from meetcore.records import Job, JobOptions, JobStage, JobState, MeetingState
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore
from meetcore.text.languages import is_english_only, language_choice
from meetcore.text.names import shown_name, title_of

logger = logging.getLogger(__name__)

SOURCE_NAME = "upload"
"""Without a suffix: the decoder detects the format from the content."""
TOO_MANY_ATTEMPTS = (
    f"Its work was begun {MAX_ATTEMPTS} times and never ended, because Meetcore stopped each time."
    " What was done is kept; try again."
)


class JobSubmission:
    """Queues jobs at the runner.

    Parameters
    ----------
    is_live : whether a meeting still runs
    """

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

    def checked(self, options: JobOptions) -> JobOptions:
        """The options with the languages as codes: the settings' ones where none are given.

        A weight for English alone needs none, and "auto" detects any. Where the weight cannot
        write them, the job takes another one and says so.

        Raises
        ------
        ModelUnavailableError
            A language is unknown; the message suggests some.
        """
        try:
            language = language_choice(options.language)
        except ValueError as error:
            raise ModelUnavailableError(str(error)) from error
        if not options.language and not is_english_only(options.recognizer):
            language = self._settings.language
        return replace(options, language=language)

    def import_file(
        self,
        path: Path,
        name: str,
        options: JobOptions,
        title: str | None,
        created_at: datetime | None = None,
    ) -> str:
        """Create a meeting, move a media file into its folder and queue its job; the meeting's id.

        Parameters
        ----------
        created_at : when the file was recorded; now for None

        Raises
        ------
        RecordingError
            The file cannot be moved; it stays where it was.
        StoreError
            The meeting or its job cannot be saved. A file that was moved already is deleted, as it
            is in the meeting's folder.
        """
        options = self.checked(options)
        meeting = self._store.create_meeting(
            (title or "").strip() or title_of(name),
            language=options.language,
            state=MeetingState.FINALIZING,
            source_name=shown_name(name),
            created_at=created_at,
        )
        folder = self._settings.recordings_dir / meeting.id
        try:
            source = self._move(path, folder / SOURCE_NAME)
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
            discard_meeting(self._store, self._settings.recordings_dir, meeting.id)
            raise
        return meeting.id

    def finalize(self, meeting_id: str) -> None:
        """Queue the second pass of an ended meeting; an unfinished job is resumed.

        Raises
        ------
        MeetingStateError
            The meeting still runs, or nothing is left to do it with.
        MeetingNotFoundError
            There is no such meeting.
        """
        self.refuse_live(meeting_id)
        job = self._store.jobs.get(meeting_id)
        if job is None or job.state is JobState.DONE:
            # Without a job the meeting's language is the one that was chosen when it began.
            chosen = JobOptions(language=self._store.get(meeting_id).language)
            options = job.options if job else chosen
            self._runner.submit(Job(meeting_id, JobState.QUEUED, JobStage.RECOGNIZING, options))
        else:
            self.retry(meeting_id, None, None)

    def retry(self, meeting_id: str, stage: JobStage | None, options: JobOptions | None) -> None:
        """Queue a job again from a stage on; None resumes it where it failed or was cancelled.

        Options that change the words (language, recognizer, prompt) begin it at RECOGNIZING.

        Raises
        ------
        MeetingStateError
            The meeting still runs, or nothing is left to do it with.
        MeetingNotFoundError
            There is no such meeting.
        """
        self.refuse_live(meeting_id)
        if options is not None:
            options = self.checked(options)
        if self._runner.is_running(meeting_id) and (stage or options):
            raise MeetingStateError(
                "This meeting is being transcribed. Cancel that, or wait for its end, then try"
                " again."
            )
        job = self._store.jobs.get(meeting_id)
        if job is None:
            chosen = JobOptions(language=self._store.get(meeting_id).language)
            job = Job(meeting_id, JobState.DONE, JobStage.RECOGNIZING, chosen)
        wanted = stage or (JobStage.RECOGNIZING if job.state is JobState.DONE else job.stage)
        wanted = self._possible(job, wanted)
        new_words = _changes_words(job, options)
        anew = stage is not None or job.state is JobState.DONE or new_words
        if new_words and stage is None:
            wanted = min(wanted, JobStage.RECOGNIZING, key=list(JobStage).index)
        self._runner.submit(
            replace(
                job,
                state=JobState.QUEUED,
                stage=wanted,
                options=replace(
                    options or job.options,
                    heard=job.options.heard,
                    speech_levels=job.options.speech_levels,
                ),
                progress=0.0,
                overall=0.0,
                remaining_s=None,
                checkpoint_samples=0 if anew else job.checkpoint_samples,
                detail="",
                attempts=0,
                finished_at=None,
            )
        )

    def recover(self) -> list[str]:
        """Queue the jobs that the last process left unfinished; the ids of their meetings.

        A crash counts as an attempt; a job that crashed too often fails and waits for the user.
        """
        unfinished = self._store.jobs.list(UNFINISHED)
        for job in sorted(unfinished, key=lambda job: str(job.created_at)):
            if job.state is JobState.RUNNING and job.attempts >= MAX_ATTEMPTS:
                self._give_up(job.meeting_id)
            else:
                self._runner.resume(job.meeting_id)
        return [job.meeting_id for job in unfinished]

    def _give_up(self, meeting_id: str) -> None:
        try:
            with self._store.together():
                self._store.jobs.update(meeting_id, state=JobState.FAILED, detail=TOO_MANY_ATTEMPTS)
                self._store.update(meeting_id, state=MeetingState.FAILED, detail=TOO_MANY_ATTEMPTS)
        except StoreError:  # The next start tries again; the other jobs are queued.
            logger.exception("meeting %s: the end of its job was not saved", meeting_id)

    def _possible(self, job: Job, wanted: JobStage) -> JobStage:
        """The stage wanted, or an earlier one whose result is missing."""
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

    def refuse_live(self, meeting_id: str) -> None:
        """Raise MeetingStateError while the meeting runs; stop it, then try again."""
        if self._is_live(meeting_id):
            raise MeetingStateError("This meeting is still running; stop it first.")

    def _move(self, path: Path, target: Path) -> Path:
        try:
            make_folder(target.parent)
            moved = Path(shutil.move(path, target))
            mend([moved])
            return moved
        except OSError as error:
            raise RecordingError(
                f"The upload cannot be moved to {target.parent} ({error.strerror})."
                " Check the free space and the access rights there, then try again."
            ) from error


def discard_meeting(store: MeetingStore, recordings_dir: Path, meeting_id: str) -> None:
    """Delete a meeting that could not start, with its folder; errors are only logged."""
    try:
        store.delete(meeting_id)
    except MeetcoreError:
        logger.exception("meeting %s: it could not be deleted again", meeting_id)
    shutil.rmtree(recordings_dir / meeting_id, ignore_errors=True)


def _changes_words(job: Job, options: JobOptions | None) -> bool:
    """Whether the new options need another recognition, so that a draft cannot be resumed."""
    if options is None:
        return False
    old = job.options
    return (old.language, old.recognizer, old.prompt) != (
        options.language,
        options.recognizer,
        options.prompt,
    )
