"""Everything a page may ask for: one object per process that owns meetings, models and jobs."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from filelock import FileLock, Timeout

from meetcore.audio.files import iter_audio
from meetcore.audio.pcm import to_pcm
from meetcore.audio.recording import RecordingWriter
from meetcore.errors import MeetcoreError, MeetingStateError, StoreError
from meetcore.identifier import Identifier, create_speaker_identifier
from meetcore.pipeline.finalizing import Finalizer
from meetcore.pipeline.ledger import Ledger
from meetcore.pipeline.recovery import interrupt, waiting_meetings
from meetcore.pipeline.worker import LiveMeeting
from meetcore.records import LiveSnapshot, Meeting, ModelsInUse
from meetcore.session import IdentifierSession
from meetcore.settings import Settings
from meetcore.store.jobs import JobOptions, JobStage
from meetcore.store.meetings import MeetingStore
from meetcore.store.voices import Profile

logger = logging.getLogger(__name__)

DEFAULT_OPTIONS = JobOptions()

__all__ = ["LiveMeeting", "MeetingService"]


class MeetingService:
    """The registry of running meetings, the identifier they share, and the second pass.

    Safe from several threads. A meeting belongs to the process, not to a browser session, so a
    reload or a second tab finds it again by its id.
    """

    def __init__(
        self,
        settings: Settings,
        store: MeetingStore,
        load_identifier: Callable[[], Identifier] | None = None,
    ) -> None:
        self.store = store
        self._settings = settings
        self._load = load_identifier or (lambda: create_speaker_identifier(settings))
        self._identifier: Identifier | None = None
        self._loaded = threading.Event()
        self._loading = threading.Lock()
        self._meetings: dict[str, LiveMeeting] = {}
        self._importing: set[str] = set()
        self._lock = threading.Lock()
        self._shutting_down = False
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self._owner = FileLock(settings.data_dir / "owner.lock", thread_local=False)
        self._finalizer = Finalizer(store, settings.recordings_dir, self._identifier_within)

    def models(self) -> ModelsInUse | None:
        """What is loaded; None while it still loads. Never blocks."""
        return self._identifier.models if self._identifier else None

    def load_models(self) -> ModelsInUse:
        """Load the models once; later calls return what is there. Blocks for seconds."""
        with self._loading:
            if self._identifier is None:
                self._identifier = self._load()
                self._loaded.set()
                logger.info("loaded: %s", self._identifier.models)
            return self._identifier.models

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

    def finalize(self, meeting_id: str) -> None:
        """Queue the second pass of a meeting that ended.

        Raises
        ------
        MeetingStateError
            It still runs, or is still being read in.
        """
        if self.live(meeting_id) is not None or meeting_id in self._importing:
            raise MeetingStateError("This meeting is still running; stop it first.")
        self._finalizer.submit(meeting_id)

    def add_recording(self, title: str, data: bytes) -> str:
        """Make a meeting of a recorded file and finalize it.

        Raises
        ------
        AudioDecodeError
            The data are not audio; nothing is kept.
        """
        self._refuse_when_stopping()
        meeting = self.store.create_meeting(title, language=self._settings.language)
        self._importing.add(meeting.id)
        try:
            writer = self._writer(meeting.id)
            try:
                for samples in iter_audio(BytesIO(data)):
                    writer.append(to_pcm(samples))
            finally:
                writer.close()
        except BaseException:
            self._discard(meeting.id)
            raise
        finally:
            self._importing.discard(meeting.id)
        self._finalizer.submit(meeting.id)
        return meeting.id

    def delete(self, meeting_id: str) -> None:
        """Delete a meeting: its text and its audio.

        Raises
        ------
        MeetingStateError
            It runs, or its second pass does.
        """
        busy = self._importing | self._finalizer.pending()
        if self.live(meeting_id) is not None or meeting_id in busy:
            raise MeetingStateError("This meeting is still in work; stop it and let it finish.")
        self.store.delete(meeting_id)
        shutil.rmtree(self._settings.recordings_dir / meeting_id, ignore_errors=True)

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
        """Move a media file in and queue its job; gives the new meeting's id at once."""
        raise NotImplementedError

    def retry(
        self, meeting_id: str, stage: JobStage | None = None, options: JobOptions | None = None
    ) -> None:
        """Do a job again: one stage on what is there, or for None from where it failed."""
        raise NotImplementedError

    def cancel(self, meeting_id: str) -> None:
        """Give a job up; what was done is kept."""
        raise NotImplementedError

    def run_job(self, meeting_id: str) -> None:
        """Wait until this job is over; it is done here unless another process does it."""
        raise NotImplementedError

    def restore(self, meeting_id: str) -> None:
        """Take a deletion back while that is possible."""
        raise NotImplementedError

    def enroll(self, meeting_id: str, label: str, name: str) -> Profile:
        """Recognise this voice next time under this name."""
        raise NotImplementedError

    def forget_voice(self, profile_id: str) -> None:
        """Delete a profile and all that was kept of its voice."""
        raise NotImplementedError

    def merge_voices(self, profile_id: str, into: str) -> None:
        """Make one profile of two of the same person."""
        raise NotImplementedError

    def recover(self) -> list[Meeting]:
        """At start: mark what a crash interrupted; go on with what only waited its turn.

        A second process on the same data folder leaves the first one's meetings alone.
        """
        try:
            self._owner.acquire(timeout=0)
        except Timeout:
            logger.warning("another Meetcore runs on this data folder; its meetings are left alone")
            return []
        waiting = waiting_meetings(self.store)
        owned = {*self._meetings, *self._importing, *self._finalizer.pending(), *waiting}
        interrupted = interrupt(self.store, self._settings.recordings_dir, owned)
        for meeting_id in waiting:
            self._finalizer.submit(meeting_id)
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
                self._finalizer.accept(live.meeting_id)
        ended = self._finalizer.stop(max(1.0, deadline - time.monotonic()))
        if self._identifier is not None and ended and all(flushed):
            self._identifier.close()
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
        identifier = self._identifier
        if identifier is None:
            return None
        session = identifier.open_session(meeting.id, meeting.language)
        if meeting.mode is None:
            self._note_models(meeting.id, identifier.models)
        return session

    def _note_models(self, meeting_id: str, models: ModelsInUse) -> None:
        """The models came after the meeting had begun."""
        try:
            self.store.update(meeting_id, mode=models.mode, recognizer=models.live_recognizer)
        except StoreError:
            logger.exception("meeting %s: its models could not be noted", meeting_id)

    def _identifier_within(self, timeout_s: float) -> Identifier | None:
        self._loaded.wait(timeout_s)
        return self._identifier

    def _stopped(self, meeting_id: str) -> None:
        """A meeting has flushed. Called on its thread, as its last act."""
        accepted = False
        try:
            accepted = self._finalizer.accept(meeting_id)
        finally:
            # Before its pass can be over: who reads "done" finds a meeting that no longer runs.
            with self._lock:
                self._meetings.pop(meeting_id, None)
        if accepted:
            self._finalizer.begin(meeting_id)
        logger.info("meeting %s: stopped", meeting_id)
