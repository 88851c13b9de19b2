"""`MeetingService`: facade over live meetings, jobs, models, profiles, deletion."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from meetcore.jobs.executors.child_process import ProcessExecutor
from meetcore.jobs.rolling_pass import RollingPass
from meetcore.jobs.runner import JobRunner
from meetcore.jobs.submission import JobSubmission
from meetcore.jobs.tasks import TaskExecutor
from meetcore.live.live_meeting import LiveMeeting
from meetcore.live.resources import LiveResources
from meetcore.models.identifier import Identifier, create_speaker_identifier
from meetcore.models.pool import IdentifierPool
from meetcore.profiles.enrolment import Enrolment
from meetcore.profiles.known_voices import KnownVoices
from meetcore.records import JobOptions, JobStage, LiveSnapshot, Meeting, ModelsInUse, Profile
from meetcore.service.data_folder import open_data_folder
from meetcore.service.recovery import Recovery
from meetcore.service.running_meetings import RunningMeetings
from meetcore.service.trash import Trash
from meetcore.service.uploads import open_uploads
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore

DEFAULT_OPTIONS = JobOptions()

__all__ = ["LiveMeeting", "MeetingService"]


class MeetingService:
    """Running meetings, jobs, models, voices and deletion behind one interface.

    Safe from several threads. Those methods that block say so.

    Parameters
    ----------
    load_identifier : gives the models of running meetings; the settings' where none is given
    executor : does the jobs; a process of its own where none is given
    """

    def __init__(
        self,
        settings: Settings,
        store: MeetingStore,
        load_identifier: Callable[[], Identifier] | None = None,
        executor: TaskExecutor | None = None,
    ) -> None:
        self.store = store
        self._settings = settings
        open_data_folder(settings.data_dir)
        load = load_identifier or (lambda: create_speaker_identifier(settings))
        self._pool = IdentifierPool(load)
        self._known_voices = KnownVoices(store)
        self._enrolment = Enrolment(store, settings, self._pool.borrowed, self._known_voices)
        self._executor = executor or ProcessExecutor(settings)
        self._runner = JobRunner(store, settings, self._executor, self._known_voices)
        self._rolling = RollingPass(store, self._executor)
        self._meetings = RunningMeetings(
            LiveResources(store, settings, self._pool, self._known_voices),
            self._runner,
            self._rolling,
        )
        self._submission = JobSubmission(store, settings, self._runner, self._meetings.is_running)
        self.uploads = open_uploads(settings, store, self._submission, self._meetings)
        self._trash = Trash(
            store, settings.recordings_dir, lambda each: each in self._runner.pending()
        )
        self._recovery = Recovery(
            store,
            self.uploads,
            settings,
            self._meetings,
            self._submission,
            self._runner,
            self._trash,
        )

    @property
    def recordings_dir(self) -> Path:
        """The folder of the meetings' recordings, one folder a meeting."""
        return self._settings.recordings_dir

    @property
    def uploads_dir(self) -> Path:
        """Where a file may be written before `import_file` moves it in."""
        return self.uploads.folder

    @property
    def worker_pid(self) -> int | None:
        """The id of the process that does jobs, while there is one."""
        return self._executor.pid

    @property
    def loading(self) -> bool:
        """Whether models are being loaded right now, for the first time or again."""
        return self._pool.loading

    def models(self) -> ModelsInUse | None:
        """What is loaded; None during the first load."""
        return self._pool.models

    def load_models(self) -> ModelsInUse:
        """Load the models once; later calls return what is there. Blocks for seconds."""
        return self._pool.load()

    def retry_models(self) -> ModelsInUse:
        """Load the models again, without a restart. Blocks for seconds.

        New meetings use the new models. Running ones keep theirs, which are released when the
        last of these meetings has ended; one that only records changes to the new ones. Where
        the new attempt finds less than is loaded, that stays, and `reason` says why.
        """
        # First: jobs load their own models, also where those of meetings fail to load.
        self._executor.reload_models()
        return self._pool.retry()

    def start(self, title: str, language: str | None = None) -> str:
        """Begin a meeting and give its id; it records at once, even while models still load.

        Raises
        ------
        MeetingStateError
            Meetcore is stopping.
        StoreError, RecordingError
            The meeting cannot be saved, or its recording not be opened; no meeting is left.
        """
        return self._meetings.start(title, language)

    def checked_options(self, options: JobOptions) -> JobOptions:
        """The options of a job with its language as a code, before its file is taken.

        Raises
        ------
        ModelUnavailableError
            The language is unknown, or the weight cannot write it.
        """
        return self._submission.checked(options)

    def live(self, meeting_id: str) -> LiveMeeting | None:
        """The running meeting with this id, else None."""
        return self._meetings.get(meeting_id)

    def running(self) -> tuple[LiveSnapshot, ...]:
        """Snapshots of all running meetings."""
        return self._meetings.snapshots()

    def import_file(
        self,
        path: Path,
        name: str,
        options: JobOptions = DEFAULT_OPTIONS,
        title: str | None = None,
        created_at: datetime | None = None,
    ) -> str:
        """Move a media file in and queue its job; gives the new meeting's id.

        Parameters
        ----------
        created_at : when it was recorded; now for None

        Raises
        ------
        MeetingStateError
            Meetcore is stopping.
        RecordingError
            The file cannot be moved; it stays where it was.
        StoreError
            The meeting or its job cannot be saved; a file that was moved already is deleted.
        """
        return self.uploads.add(path, name, options, title, created_at)

    def add_recording(self, title: str, data: bytes) -> str:
        """The same for a media file in memory, with the default options."""
        return self.uploads.add_bytes(data, title)

    def finalize(self, meeting_id: str) -> None:
        """Queue the second pass of a meeting that ended; an unfinished job goes on.

        Raises
        ------
        MeetingStateError
            The meeting still runs.
        """
        self._submission.finalize(meeting_id)

    def retry(
        self, meeting_id: str, stage: JobStage | None = None, options: JobOptions | None = None
    ) -> None:
        """Queue a job again from a stage on; for None, from where it failed.

        DIARIZING keeps the words, RECOGNIZING the audio, ATTRIBUTING the words and the turns.

        Raises
        ------
        MeetingStateError
            The meeting still runs, or its audio is gone.
        """
        self._submission.retry(meeting_id, stage, options)

    def cancel(self, meeting_id: str) -> None:
        """End a job within seconds; what was done is kept."""
        self._runner.cancel(meeting_id)

    def run_job_and_wait(self, meeting_id: str) -> None:
        """Do the job of a meeting, and return when it is over; the store has its result.

        Blocks as long as the job takes, also where another process does it.
        """
        self._runner.resume(meeting_id)
        self._runner.wait(meeting_id)

    def delete(self, meeting_id: str, restore_window_s: float | None = None) -> None:
        """Hide a meeting; its text, audio and upload are removed `restore_window_s` seconds later.

        Raises
        ------
        MeetingStateError
            The meeting still runs.
        """
        self._submission.refuse_live(meeting_id)
        self._runner.cancel(meeting_id)
        self._trash.hide(meeting_id, restore_window_s)

    def restore(self, meeting_id: str) -> None:
        """Undo a deletion; MeetingNotFoundError when it is too late."""
        self._trash.restore(meeting_id)

    def enroll(self, meeting_id: str, label: str, name: str) -> Profile:
        """Recognise this speaker's voice under this name in later meetings. Blocks for seconds.

        Raises
        ------
        EnrollmentTooShortError
            The speaker talked too little without others.
        MeetingStateError
            The name is empty.
        ModelUnavailableError
            No embedding model is loaded.
        """
        return self._enrolment.enroll(meeting_id, label, name)

    def forget_voice(self, profile_id: str) -> None:
        """Delete a voice profile."""
        self._enrolment.delete(profile_id)

    def merge_voices(self, profile_id: str, into: str) -> None:
        """Make one profile of two of the same person.

        Raises
        ------
        MeetingStateError
            Their embeddings come from different models.
        """
        self._enrolment.merge(profile_id, into)

    def recover(self) -> list[Meeting]:
        """At start: resume jobs, remove what was deleted, mark and give interrupted meetings."""
        return self._recovery.run()

    def shutdown(self, timeout_s: float = 20.0) -> None:
        """Stop everything within about `timeout_s`; the next start takes up what is unfinished.

        Models are released only if no thread can be using them any more. Idempotent.
        """
        deadline = time.monotonic() + timeout_s
        saved = self._meetings.stop(deadline)
        self._rolling.stop(max(1.0, deadline - time.monotonic()))
        ended = self._runner.stop(max(1.0, deadline - time.monotonic()))
        self._trash.stop()
        if ended and saved:
            self._pool.close()
        self._recovery.release()
