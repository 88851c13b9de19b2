"""Everything a page may ask for: one object per process that owns meetings, models and jobs."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable
from io import BytesIO

from meetcore.audio.files import iter_audio
from meetcore.audio.pcm import to_pcm
from meetcore.audio.recording import RecordingWriter
from meetcore.errors import MeetcoreError, MeetingStateError
from meetcore.identifier import Identifier, create_speaker_identifier
from meetcore.pipeline.finalizing import Finalizer
from meetcore.pipeline.ledger import Ledger
from meetcore.pipeline.worker import LiveMeeting
from meetcore.records import LiveSnapshot, Meeting, MeetingState, ModelsInUse
from meetcore.session import IdentifierSession
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore

logger = logging.getLogger(__name__)

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
        self._lock = threading.Lock()
        self._shutting_down = False
        self._finalizer = Finalizer(store, settings.recordings_dir, self._wait_for_identifier)

    def models(self) -> ModelsInUse | None:
        """What is loaded; None while it still loads. Never blocks."""
        return self._identifier.models if self._identifier else None

    def load_models(self) -> ModelsInUse:
        """Load the models once; later calls return what is there. Blocks for seconds."""
        with self._loading:
            if self._identifier is None:
                self._identifier = self._load()
                self._loaded.set()
                logger.info("mode %s: %s", self._identifier.models.mode, self.describe())
            return self._identifier.models

    def describe(self) -> str:
        """The models in force, for the log and the store."""
        models = self.models()
        if models is None:
            return "loading"
        parts = (models.live_recognizer, models.final_recognizer, models.diarizer)
        return " / ".join(part for part in parts if part)

    def start(self, title: str, language: str | None = None) -> str:
        """Begin a meeting; it records at once, even while the models still load.

        Raises
        ------
        StoreError, RecordingError
            The meeting could not be saved or its recording not be opened.
        """
        if self._shutting_down:
            raise MeetingStateError("Meetcore is stopping; start it again for a new meeting.")
        models = self.models()
        meeting = self.store.create_meeting(
            title,
            mode=models.mode if models else None,
            recognizer=models.live_recognizer if models else "",
            language=language or self._settings.language,
        )
        try:
            writer = self._writer(meeting.id)
        except MeetcoreError:
            self.store.delete(meeting.id)
            raise
        live = LiveMeeting(
            meeting.id,
            meeting.title,
            writer,
            lambda: self._open_session(meeting.id, meeting.language),
            Ledger(self.store, meeting.id),
            self._settings.grace_s,
            self._stopped,
        )
        with self._lock:
            self._meetings[meeting.id] = live
        live.start()
        logger.info("meeting %s: started", meeting.id)
        return meeting.id

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
            It still runs.
        """
        if self.live(meeting_id) is not None:
            raise MeetingStateError("This meeting is still running; stop it first.")
        self._finalizer.submit(meeting_id)

    def add_recording(self, title: str, data: bytes) -> str:
        """Make a meeting of a recorded file and finalize it.

        Raises
        ------
        AudioDecodeError
            The data are not audio; nothing is kept.
        """
        meeting = self.store.create_meeting(title, language=self._settings.language)
        try:
            writer = self._writer(meeting.id)
            try:
                for samples in iter_audio(BytesIO(data)):
                    writer.append(to_pcm(samples))
            finally:
                writer.close()
        except MeetcoreError:
            self.delete(meeting.id)
            raise
        self._finalizer.submit(meeting.id)
        return meeting.id

    def delete(self, meeting_id: str) -> None:
        """Delete a meeting: its text and its audio.

        Raises
        ------
        MeetingStateError
            It runs, or its second pass does.
        """
        if self.live(meeting_id) is not None or meeting_id in self._finalizer.pending():
            raise MeetingStateError("This meeting is still in work; stop it and let it finish.")
        self.store.delete(meeting_id)
        shutil.rmtree(self._settings.recordings_dir / meeting_id, ignore_errors=True)

    def recover(self) -> list[Meeting]:
        """At start: mark what a crash interrupted; go on with what only waited its turn."""
        waiting = [
            meeting.id
            for meeting in self.store.list_meetings(limit=1000)
            if meeting.state is MeetingState.FINALIZING and meeting.progress == 0.0
        ]
        owned = {*self._meetings, *self._finalizer.pending(), *waiting}
        interrupted = self.store.mark_interrupted(except_ids=owned)
        for meeting_id in waiting:
            self._finalizer.submit(meeting_id)
        return interrupted

    def shutdown(self, timeout_s: float = 20.0) -> None:
        """Flush and stop everything; what is not finished is taken up at the next start."""
        self._shutting_down = True
        with self._lock:
            meetings = tuple(self._meetings.values())
        for live in meetings:
            live.stop()
        for live in meetings:
            live.join(timeout_s)
        self._finalizer.stop(timeout_s)
        if self._identifier is not None:
            self._identifier.close()

    def _writer(self, meeting_id: str) -> RecordingWriter:
        return RecordingWriter(self._settings.recordings_dir / meeting_id, self._settings.fsync_s)

    def _open_session(self, meeting_id: str, language: str | None) -> IdentifierSession | None:
        if self._identifier is None:
            return None
        return self._identifier.open_session(meeting_id, language)

    def _wait_for_identifier(self) -> Identifier:
        while not self._loaded.wait(0.5):
            if self._shutting_down:
                raise MeetingStateError("Meetcore is stopping.")
        assert self._identifier is not None
        return self._identifier

    def _stopped(self, meeting_id: str) -> None:
        """A meeting has flushed. Called on its thread, as its last act."""
        try:
            self._finalizer.submit(meeting_id)
        finally:
            with self._lock:
                self._meetings.pop(meeting_id, None)
        logger.info("meeting %s: stopped", meeting_id)
