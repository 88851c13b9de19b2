"""Everything a page may ask for: one object per process that owns meetings, models and jobs."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from filelock import FileLock, Timeout

from meetcore.audio.recording import RecordingWriter
from meetcore.diarization.profiles.matching import ProfileMatch
from meetcore.errors import MeetcoreError, MeetingStateError, StoreError
from meetcore.jobs.engines.child_process import ProcessEngine
from meetcore.jobs.runner import JobRunner
from meetcore.jobs.submission import JobSubmission
from meetcore.jobs.tasks import Engine
from meetcore.live.meeting import LiveMeeting
from meetcore.live.persistence import Ledger
from meetcore.models.identifier import Identifier, create_speaker_identifier
from meetcore.models.identifier_session import IdentifierSession
from meetcore.models.pool import IdentifierPool
from meetcore.profiles.enrolment import Enrolment
from meetcore.profiles.recognition import KnownVoices
from meetcore.records import (
    Job,
    JobOptions,
    JobStage,
    JobState,
    LiveSnapshot,
    Meeting,
    Mode,
    ModelsInUse,
    Profile,
)
from meetcore.service.recovery import interrupt, waiting_meetings
from meetcore.service.trash import Trash
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore

logger = logging.getLogger(__name__)

DEFAULT_OPTIONS = JobOptions()

__all__ = ["LiveMeeting", "MeetingService"]


class MeetingService:
    """The registry of running meetings, the identifier they share, and the jobs.

    Safe from several threads. A meeting belongs to the process, not to a browser session, so a
    reload or a second tab finds it again by its id.

    Parameters
    ----------
    load_identifier : gives the models of running meetings
    engine : does the jobs; a process of its own where none is given
    """

    def __init__(
        self,
        settings: Settings,
        store: MeetingStore,
        load_identifier: Callable[[], Identifier] | None = None,
        engine: Engine | None = None,
    ) -> None:
        self.store = store
        self._settings = settings
        self._shelf = IdentifierPool(
            load_identifier or (lambda: create_speaker_identifier(settings))
        )
        self._meetings: dict[str, LiveMeeting] = {}
        self._lock = threading.Lock()
        self._shutting_down = False
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self._owner = FileLock(settings.data_dir / "owner.lock", thread_local=False)
        self._known_voices = KnownVoices(store)
        self._enrolment = Enrolment(store, settings, self._shelf.borrowed, self._known_voices)
        self._engine = engine or ProcessEngine(settings)
        self._runner = JobRunner(store, settings, self._engine, self._known_voices)
        self._runner.start()
        self._desk = JobSubmission(
            store, settings, self._runner, lambda each: self.live(each) is not None
        )
        self._trash = Trash(
            store, settings.recordings_dir, lambda each: each in self._runner.pending()
        )

    def models(self) -> ModelsInUse | None:
        """What is loaded; None while the first load goes on. Never blocks."""
        return self._shelf.models

    @property
    def loading(self) -> bool:
        """Whether models are being loaded right now, for the first time or anew."""
        return self._shelf.loading

    @property
    def worker_pid(self) -> int | None:
        """Of the process that does second passes, while there is one."""
        return self._engine.pid

    def load_models(self) -> ModelsInUse:
        """Load the models once; later calls return what is there. Blocks for seconds."""
        return self._shelf.load()

    def retry_models(self) -> ModelsInUse:
        """Load the models anew, without a restart. Blocks for seconds.

        Meetings that begin afterwards use them. Running ones keep those they have, which are
        released when the last of these meetings has ended; one that only records climbs. What is
        loaded stays when the new attempt finds less: the reason given then says why.
        """
        models = self._shelf.retry()
        self._engine.reload_models()
        return models

    def start(self, title: str, language: str | None = None) -> str:
        """Begin a meeting; it records at once, even while the models still load.

        Raises
        ------
        StoreError, RecordingError
            The meeting could not be saved or its recording not be opened.
        """
        self._refuse_when_stopping()
        models = self.models()
        meeting = self.store.create_meeting(
            title,
            mode=models.mode if models else None,
            recognizer=models.live_recognizer if models else "",
            language=language or self._settings.language,
        )
        try:
            self._begin(meeting)
        except BaseException:
            self._discard(meeting.id)
            raise
        logger.info("meeting %s: started", meeting.id)
        return meeting.id

    def _begin(self, meeting: Meeting) -> None:
        live = LiveMeeting(
            meeting.id,
            meeting.title,
            lambda: self._writer(meeting.id),
            lambda: self._open_session(meeting),
            Ledger(self.store, meeting.id),
            self._settings.grace_s,
            self._stopped,
            lambda session: self._recognise(meeting.id, session),
        )
        # Under the lock, so that a shutdown sees either no meeting or one that runs.
        with self._lock:
            self._refuse_when_stopping()
            live.start()
            self._meetings[meeting.id] = live

    def live(self, meeting_id: str) -> LiveMeeting | None:
        """The running meeting with this id, else None."""
        return self._meetings.get(meeting_id)

    def running(self) -> tuple[LiveSnapshot, ...]:
        """All running meetings."""
        with self._lock:
            meetings = tuple(self._meetings.values())
        return tuple(meeting.snapshot() for meeting in meetings)

    @property
    def recordings_dir(self) -> Path:
        """The folder of the meetings' recordings, one folder a meeting."""
        return self._settings.recordings_dir

    @property
    def uploads_dir(self) -> Path:
        """Where an upload may be written before `import_file` moves it in."""
        folder = self._settings.data_dir / "uploads"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def import_file(
        self,
        path: Path,
        name: str,
        options: JobOptions = DEFAULT_OPTIONS,
        title: str | None = None,
    ) -> str:
        """Move a media file in and queue its job; gives the new meeting's id at once.

        Raises
        ------
        StoreError, RecordingError
            It could not be kept; the file stays where it was.
        """
        self._refuse_when_stopping()
        return self._desk.import_file(path, name, options, title)

    def add_recording(self, title: str, data: bytes) -> str:
        """Make a meeting of a file in memory, and queue its job."""
        self._refuse_when_stopping()
        with NamedTemporaryFile(dir=self.uploads_dir, delete=False) as file:
            file.write(data)
        try:
            return self._desk.import_file(Path(file.name), title, DEFAULT_OPTIONS, title)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise

    def finalize(self, meeting_id: str) -> None:
        """Queue the second pass of a meeting that ended; given-up work goes on where it was.

        Raises
        ------
        MeetingStateError
            It still runs.
        """
        self._desk.finalize(meeting_id)

    def retry(
        self, meeting_id: str, stage: JobStage | None = None, options: JobOptions | None = None
    ) -> None:
        """Do a job again from a stage on, or for None from where it failed.

        DIARIZING keeps the words, RECOGNIZING the audio, ATTRIBUTING the words and the turns.

        Raises
        ------
        MeetingStateError
            It still runs, or there is nothing left to do it with.
        """
        self._desk.retry(meeting_id, stage, options)

    def cancel(self, meeting_id: str) -> None:
        """Give a job up within seconds; what was done is kept."""
        self._runner.cancel(meeting_id)

    def run_job(self, meeting_id: str) -> None:
        """Do the job of a meeting and return when it is over; see the store for how it ended.

        A job that another process works on is waited for.
        """
        self._runner.resume(meeting_id)
        self._runner.wait(meeting_id)

    def delete(self, meeting_id: str, undo_s: float | None = None) -> None:
        """Hide a meeting; text, audio and upload are gone for good after some seconds.

        Raises
        ------
        MeetingStateError
            It runs.
        """
        if self.live(meeting_id) is not None:
            raise MeetingStateError("This meeting is still running; stop it first.")
        self._runner.cancel(meeting_id)
        self._trash.put(meeting_id, undo_s)

    def restore(self, meeting_id: str) -> None:
        """Take a deletion back; raises MeetingNotFoundError when it is too late."""
        self._trash.restore(meeting_id)

    def enroll(self, meeting_id: str, label: str, name: str) -> Profile:
        """Recognise this voice next time under this name.

        Raises
        ------
        EnrollmentTooShortError
            Too little of this voice was heard alone.
        ModelUnavailableError
            Nothing is loaded that could hear voices.
        """
        return self._enrolment.enroll(meeting_id, label, name)

    def forget_voice(self, profile_id: str) -> None:
        """Delete a profile and all that was kept of its voice."""
        self._enrolment.forget(profile_id)

    def merge_voices(self, profile_id: str, into: str) -> None:
        """Make one profile of two of the same person.

        Raises
        ------
        MeetingStateError
            They were heard by different models.
        """
        self._enrolment.merge(profile_id, into)

    def recover(self) -> list[Meeting]:
        """At start: mark what a crash interrupted; go on with jobs; purge what was deleted.

        A second process on the same data folder leaves the first one's meetings alone.
        """
        try:
            self._owner.acquire(timeout=0)
        except Timeout:
            logger.warning("another Meetcore runs on this data folder; its meetings are left alone")
            return []
        self._trash.recover()
        at_work = self._desk.recover()
        waiting = [each for each in waiting_meetings(self.store) if each not in at_work]
        owned = {*self._meetings, *self._runner.pending(), *at_work, *waiting}
        interrupted = interrupt(self.store, self._settings.recordings_dir, owned)
        for meeting_id in waiting:
            self._desk.finalize(meeting_id)
        return interrupted

    def shutdown(self, timeout_s: float = 20.0) -> None:
        """Flush and stop everything; what is not finished is taken up at the next start.

        Models are only released when nobody can be using them any more.
        """
        deadline = time.monotonic() + timeout_s
        with self._lock:
            self._shutting_down = True
            meetings = tuple(self._meetings.values())
        for live in meetings:
            live.stop()
        flushed = [live.join(max(0.0, deadline - time.monotonic())) for live in meetings]
        for live, done in zip(meetings, flushed, strict=True):
            if not done:
                logger.warning("meeting %s: the second pass hears its end", live.meeting_id)
                self._runner.accept(_second_pass(live.meeting_id))
        ended = self._runner.stop(max(1.0, deadline - time.monotonic()))
        self._trash.stop()
        if ended and all(flushed):
            self._shelf.close()
        self._owner.release()

    def _refuse_when_stopping(self) -> None:
        if self._shutting_down:
            raise MeetingStateError("Meetcore is stopping; start it again for a new meeting.")

    def _discard(self, meeting_id: str) -> None:
        """Undo a meeting that could not begin; whatever hinders that is not the news."""
        try:
            self.store.delete(meeting_id)
        except MeetcoreError:
            logger.exception("meeting %s: it could not be taken back", meeting_id)
        shutil.rmtree(self._settings.recordings_dir / meeting_id, ignore_errors=True)

    def _writer(self, meeting_id: str) -> RecordingWriter:
        return RecordingWriter(self._settings.recordings_dir / meeting_id, self._settings.fsync_s)

    def _open_session(self, meeting: Meeting) -> IdentifierSession | None:
        """A session over the models in force; None while it could hear no more than before."""
        before, found = self._shelf.held(meeting.id), self._shelf.in_force
        if before is not None and (found is before or not _hears_words(found)):
            return None
        identifier = self._shelf.lend(meeting.id)
        if identifier is None:
            return None
        try:
            session = identifier.open_session(meeting.id, meeting.language)
        except BaseException:
            self._shelf.give_back(meeting.id)
            raise
        models = identifier.models
        if (meeting.mode, meeting.recognizer) != (models.mode, models.live_recognizer):
            self._note_models(meeting.id, models)
        return session

    def _note_models(self, meeting_id: str, models: ModelsInUse) -> None:
        """The models came, or became better, after the meeting had begun."""
        try:
            self.store.update(meeting_id, mode=models.mode, recognizer=models.live_recognizer)
        except StoreError:
            logger.exception("meeting %s: its models could not be noted", meeting_id)

    def _recognise(self, meeting_id: str, session: IdentifierSession) -> Mapping[str, ProfileMatch]:
        """Enrolled voices of a running meeting; nothing is compared while there are none."""
        identifier = self._shelf.held(meeting_id)
        diarizer = identifier.diarizer if identifier else None
        if diarizer is None or not self._known_voices.any():
            return {}
        return self._known_voices.match(session.voices(), diarizer.embedding.weight)

    def _stopped(self, meeting_id: str) -> None:
        """A meeting has flushed. Called on its thread, as its last act."""
        accepted = False
        try:
            accepted = self._runner.accept(_second_pass(meeting_id))
        finally:
            # Before its pass can be over: who reads "done" finds a meeting that no longer runs.
            with self._lock:
                self._meetings.pop(meeting_id, None)
        if accepted:
            self._runner.begin(meeting_id)
        self._shelf.give_back(meeting_id)
        logger.info("meeting %s: stopped", meeting_id)


def _hears_words(identifier: Identifier | None) -> bool:
    return identifier is not None and identifier.models.mode is not Mode.RECORDING_ONLY


def _second_pass(meeting_id: str) -> Job:
    return Job(meeting_id, JobState.QUEUED, JobStage.RECOGNIZING)
