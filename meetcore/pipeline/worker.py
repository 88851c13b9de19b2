"""One running meeting: its recording, its recognition thread, and the view a page draws."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from meetcore.audio.frames import Frame
from meetcore.audio.pcm import Pcm
from meetcore.audio.recording import RecordingReader, RecordingWriter
from meetcore.errors import MeetcoreError
from meetcore.pipeline.intake import Intake
from meetcore.pipeline.ledger import Ledger
from meetcore.pipeline.pace import Pace, keeps_up
from meetcore.records import (
    SAMPLE_RATE,
    LiveHealth,
    LiveSnapshot,
    LiveState,
    Segment,
    Speaker,
    Word,
)
from meetcore.session import IdentifierSession

logger = logging.getLogger(__name__)

LONGEST_CHUNK_SAMPLES = 10 * SAMPLE_RATE
"""What is heard in one go when there is a backlog; stop and pause are seen in between."""
LEAST_CHUNK_SAMPLES = SAMPLE_RATE // 20
IDLE_S = 0.25
"""How often a meeting without new audio looks at its clock."""


@dataclass(frozen=True, slots=True)
class _View:
    """What recognition has to show; replaced as a whole."""

    segments: tuple[Segment, ...] = ()
    tentative: tuple[Word, ...] = ()
    tentative_speaker: str | None = None
    heard_samples: int = 0
    step: float = 0.0
    rtf: float = 0.0
    chunk_errors: int = 0
    last_error: str = ""


class LiveMeeting:
    """Owns the two threads of one meeting: the intake's, and the one that recognizes.

    Recognition reads its audio back from the disk, so a backlog costs no memory. Pages and the
    media loop only use the public methods, all of which return at once.

    Parameters
    ----------
    writer : the recording; closed when the meeting stops
    open_session : gives the meeting's session, or None while the models are still loading
    ledger : what the store knows of this meeting
    grace_s : wall-clock seconds without any frame after which the meeting stops by itself
    on_stopped : called once on the meeting's own thread, after the last word is stored
    """

    def __init__(
        self,
        meeting_id: str,
        title: str,
        writer: RecordingWriter,
        open_session: Callable[[], IdentifierSession | None],
        ledger: Ledger,
        grace_s: float,
        on_stopped: Callable[[str], None],
    ) -> None:
        self.meeting_id = meeting_id
        self._title = title
        self._reader = RecordingReader(writer.directory)
        self._open_session = open_session
        self._ledger = ledger
        self._grace_s = grace_s
        self._on_stopped = on_stopped
        self._news = threading.Event()
        self._intake = Intake(meeting_id, writer, self._news.set)
        self._state = LiveState.LISTENING
        self._settle_asked = False
        self._session: IdentifierSession | None = None
        self._pace: Pace | None = None
        self._view = _View()
        self._failure = ""
        self._version = 0
        self._thread = threading.Thread(target=self._run, name=f"meeting-{meeting_id}", daemon=True)

    def start(self) -> None:
        """Begin to record and to recognize."""
        self._intake.start()
        self._thread.start()

    def attach(self, source: str) -> None:
        """This tab's microphone is the one in use from now on."""
        self._intake.attach(source)
        self._version += 1

    def offer(self, frame: Frame | Pcm, source: str) -> None:
        """Take a browser's frame, or 16 kHz int16 samples. Called on aiortc's loop."""
        self._intake.offer(frame, source)

    def pause(self) -> None:
        """Stop recording for a while; what was said so far is committed."""
        if self._state is LiveState.LISTENING:
            self._intake.pause(True)
            self._state = LiveState.PAUSED
            self._settle_asked = True
            self._touch()

    def resume(self) -> None:
        """Record again."""
        if self._state is LiveState.PAUSED:
            self._intake.pause(False)
            self._state = LiveState.LISTENING
            self._touch()

    def stop(self) -> None:
        """End the meeting; returns at once, flush and second pass follow by themselves."""
        if self._state not in (LiveState.STOPPING, LiveState.STOPPED):
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
        view, intake = self._view, self._intake.view()
        backlog = max(0, intake.n_samples - view.heard_samples) / SAMPLE_RATE
        loading = self._session is None and self._state is not LiveState.STOPPED
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
            speakers=self._speakers(view),
            health=LiveHealth(
                frames_offered=intake.frames_offered,
                samples_on_disk=intake.n_samples,
                backlog=backlog,
                step=view.step,
                rtf=view.rtf,
                chunk_errors=view.chunk_errors + intake.errors + self._ledger.errors,
                last_error=self._failure or view.last_error or intake.last_error,
                since_last_frame=intake.since_last_frame,
                keeping_up=loading or keeps_up(backlog),
            ),
            source=intake.source,
            version=self._version,
        )

    def _speakers(self, view: _View) -> tuple[Speaker, ...]:
        labels = dict.fromkeys(item.speaker for item in view.segments if item.speaker)
        if view.tentative_speaker:
            labels[view.tentative_speaker] = None
        return tuple(Speaker(label, self._ledger.name(label)) for label in labels)

    def _touch(self) -> None:
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
                self._failure = type(error).__name__
                time.sleep(IDLE_S)
            if self._intake.view().since_last_frame > self._grace_s:
                logger.info("meeting %s: nobody sends any more; stopping", self.meeting_id)
                self.stop()
        try:
            self._finish()
        except Exception:
            logger.exception("meeting %s: the flush failed", self.meeting_id)
        self._state = LiveState.STOPPED
        self._version += 1
        self._on_stopped(self.meeting_id)

    def _advance(self) -> None:
        """Hear what is new on disk; a little at a time when there is a lot."""
        if self._session is None:
            self._session = self._open_session()
        if self._session is None:
            return
        while self._hear(self._session, LEAST_CHUNK_SAMPLES):
            if self._state is LiveState.STOPPING:
                return
        if self._settle_asked:
            self._settle_asked = False
            self._session.settle()
            self._show(self._session)

    def _hear(self, session: IdentifierSession, least: int) -> bool:
        """Process the next chunk; False when less than `least` samples are new."""
        begin, available = session.heard_samples, self._intake.view().n_samples
        if available - begin < least:
            return False
        backlog = (available - begin) / SAMPLE_RATE
        self._adapt(session, backlog)
        samples = self._reader.read(begin, min(available, begin + LONGEST_CHUNK_SAMPLES))
        started = time.perf_counter()
        session.process_audio_chunk(samples, begin / SAMPLE_RATE)
        took = time.perf_counter() - started
        self._show(session, took / (samples.shape[0] / SAMPLE_RATE))
        return True

    def _adapt(self, session: IdentifierSession, backlog: float) -> None:
        """Widen the step of a machine that falls behind, narrow it again later."""
        pace = self._pace or Pace(session.step, session.step)
        self._pace = pace.after(backlog) if session.step else pace
        if session.step != self._pace.step:
            session.set_step(self._pace.step)

    def _show(self, session: IdentifierSession, rtf: float | None = None) -> None:
        """Store what settled, then let the page see it."""
        self._ledger.merge(session.take_relabelled())
        self._ledger.save(session, self._intake.view().n_samples / SAMPLE_RATE)
        tentative, speaker = session.tentative()
        before, trouble = self._view, session.trouble
        smoothed = before.rtf if rtf is None else 0.9 * before.rtf + 0.1 * rtf
        view = replace(
            before,
            segments=session.segments(),
            tentative=tentative,
            tentative_speaker=speaker,
            heard_samples=session.heard_samples,
            step=session.step,
            rtf=smoothed,
            chunk_errors=trouble.chunk_errors,
            last_error=trouble.last_error,
        )
        changed = (view.segments, view.tentative) != (before.segments, before.tentative)
        self._view = view
        if changed:
            self._version += 1

    def _finish(self) -> None:
        """Close the recording, hear the rest of it, commit and store every word."""
        self._intake.stop()
        session = self._session or self._open_session()
        if session is None:
            return
        try:
            while self._hear(session, 1):
                pass
            session.flush()
            self._show(session)
        except MeetcoreError:
            logger.exception("meeting %s: the last words could not be heard", self.meeting_id)
        finally:
            session.close()
