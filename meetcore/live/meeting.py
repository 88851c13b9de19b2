"""One running meeting: its recording, its recognition thread, and the view a page draws."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from meetcore.audio.frames import Frame
from meetcore.audio.pcm import Pcm
from meetcore.audio.recording import RecordingReader, RecordingWriter
from meetcore.live.intake import Intake, IntakeView
from meetcore.live.persistence import Ledger
from meetcore.live.recognition import Hearing, Recognise
from meetcore.live.step_width import keeps_up
from meetcore.models.identifier_session import IdentifierSession
from meetcore.records import SAMPLE_RATE, LiveHealth, LiveSnapshot, LiveState
from meetcore.records.trouble import Troubles, together

logger = logging.getLogger(__name__)

IDLE_S = 0.25
"""How often a meeting without new audio looks at its clock."""


class LiveMeeting:
    """Owns the two threads of one meeting: the intake's, and the one that recognizes.

    Pages and the media loop only use the public methods, all of which return at once.

    Parameters
    ----------
    open_writer : opens the recording, which is closed when the meeting stops
    open_session : gives a session over the models in force; None while there are none, and when
        the meeting has one over them already
    ledger : what the store knows of this meeting
    grace_s : wall-clock seconds without any frame after which the meeting stops by itself
    on_stopped : called once on the meeting's own thread, after the last word is stored
    recognise : names enrolled voices among those heard so far

    Raises
    ------
    RecordingError
        The recording cannot be opened.
    """

    def __init__(
        self,
        meeting_id: str,
        title: str,
        open_writer: Callable[[], RecordingWriter],
        open_session: Callable[[], IdentifierSession | None],
        ledger: Ledger,
        grace_s: float,
        on_stopped: Callable[[str], None],
        recognise: Recognise = lambda session: {},
    ) -> None:
        self.meeting_id = meeting_id
        self._title = title
        self._ledger = ledger
        self._grace_s = grace_s
        self._on_stopped = on_stopped
        self._news = threading.Event()
        writer = open_writer()
        self._intake = Intake(meeting_id, writer, open_writer, self._news.set)
        reader = RecordingReader(writer.directory)
        self._hearing = Hearing(
            meeting_id, reader, open_session, ledger, recognise, self._intake.arrivals
        )
        self._lock = threading.Lock()
        self._state = LiveState.LISTENING
        self._settle_asked = False
        self._troubles = Troubles()
        self._version = 0
        self._thread = threading.Thread(target=self._run, name=f"meeting-{meeting_id}", daemon=True)

    def start(self) -> None:
        """Begin to record and to recognize."""
        self._intake.start()
        self._thread.start()

    def attach(self, source: str) -> None:
        """This tab's microphone is the one in use from now on."""
        self._intake.attach(source)
        self._touch()

    def offer(self, frame: Frame | Pcm, source: str) -> None:
        """Take a browser's frame, or 16 kHz int16 samples. Called on aiortc's loop."""
        self._intake.offer(frame, source)

    def pause(self) -> None:
        """Stop recording for a while; what was said so far is committed."""
        with self._lock:
            if self._state is not LiveState.LISTENING:
                return
            self._intake.pause(True)
            self._settle_asked = True
            self._state = LiveState.PAUSED
        self._touch()

    def resume(self) -> None:
        """Record again."""
        with self._lock:
            if self._state is not LiveState.PAUSED:
                return
            self._intake.pause(False)
            self._settle_asked = False
            self._state = LiveState.LISTENING
        self._touch()

    def stop(self) -> None:
        """End the meeting; returns at once, flush and second pass follow by themselves."""
        with self._lock:
            if self._state in (LiveState.STOPPING, LiveState.STOPPED):
                return
            self._state = LiveState.STOPPING
        self._touch()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait until a stopped meeting has flushed; True when it has."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def rename(self, label: str, name: str) -> None:
        """Give a speaker a name, for past and future turns; raises StoreError when not saved."""
        self._ledger.rename(label, name)
        self._touch()

    def set_title(self, title: str) -> None:
        """Rename the meeting; raises StoreError when not saved."""
        self._ledger.set_title(title)
        self._title = title
        self._touch()

    def snapshot(self) -> LiveSnapshot:
        """What a page draws; cheap, from any thread."""
        version = self._version + self._hearing.version
        view, intake = self._hearing.view, self._intake.view()
        backlog = max(0, intake.n_samples - view.heard_samples) / SAMPLE_RATE
        return LiveSnapshot(
            meeting_id=self.meeting_id,
            title=self._title,
            state=self._state,
            elapsed=intake.n_samples / SAMPLE_RATE,
            level_db=intake.level_db,
            silent_for=intake.silent_samples / SAMPLE_RATE,
            segments=view.segments,
            tentative=view.tentative,
            tentative_speaker=view.tentative_speaker,
            speakers=self._hearing.speakers(),
            health=self._health(intake, backlog),
            source=intake.source,
            version=version,
        )

    def _health(self, intake: IntakeView, backlog: float) -> LiveHealth:
        loading = not self._hearing.has_session and self._state is not LiveState.STOPPED
        view, latency = self._hearing.view, self._hearing.latency
        trouble = together(
            self._hearing.trouble, self._troubles.view(), intake.trouble, self._ledger.trouble
        )
        return LiveHealth(
            frames_offered=intake.frames_offered,
            samples_on_disk=intake.n_samples,
            backlog=backlog,
            step=view.step,
            rtf=view.rtf,
            chunk_errors=trouble.chunk_errors,
            recent_errors=trouble.recent_errors,
            last_error=trouble.last_error,
            last_traceback=trouble.last_traceback,
            latency_p50=latency[0] if latency else None,
            latency_p95=latency[1] if latency else None,
            since_last_frame=intake.since_last_frame,
            keeping_up=loading or keeps_up(backlog),
        )

    def _touch(self) -> None:
        with self._lock:
            self._version += 1
        self._news.set()

    def _run(self) -> None:
        """The meeting's thread; nothing that goes wrong in it ends the meeting but `stop`."""
        while self._state is not LiveState.STOPPING:
            self._news.wait(IDLE_S)
            self._news.clear()
            try:
                self._advance()
            except Exception as error:
                logger.exception("meeting %s: a step failed", self.meeting_id)
                self._troubles.note(error)
                time.sleep(IDLE_S)
            if self._intake.view().since_last_frame > self._grace_s:
                logger.info("meeting %s: nobody sends any more; stopping", self.meeting_id)
                self.stop()
        try:
            self._intake.stop()
            self._hearing.finish(self._intake.view().n_samples)
        except Exception as error:
            logger.exception("meeting %s: the flush failed", self.meeting_id)
            self._troubles.note(error)
        self._state = LiveState.STOPPED
        self._touch()
        try:
            self._on_stopped(self.meeting_id)
        except Exception:
            logger.exception("meeting %s: it could not be handed on", self.meeting_id)

    def _advance(self) -> None:
        """Hear what is new on disk; a little at a time when there is a lot."""
        while self._hearing.hear(self._intake.view().n_samples):
            if self._state is LiveState.STOPPING:
                return
        with self._lock:
            settle = self._settle_asked and self._hearing.has_session
            if settle:
                self._settle_asked = False
        if settle:
            self._hearing.settle(self._intake.view().n_samples)
        self._hearing.save(self._intake.view().n_samples)
