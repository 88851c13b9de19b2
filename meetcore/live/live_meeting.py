"""`LiveMeeting`: records and transcribes one running meeting."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from meetcore.audio.frames import Frame
from meetcore.audio.pcm import Pcm
from meetcore.audio.recording import RecordingReader, RecordingWriter
from meetcore.live.borrowed_models import BorrowedModels
from meetcore.live.intake import Intake, IntakeView
from meetcore.live.persistence import TranscriptSaver
from meetcore.live.recognition import LiveRecognition, RecognitionView
from meetcore.live.resources import LiveResources
from meetcore.live.speaker_names import SpeakerNames
from meetcore.live.step_width import keeps_up
from meetcore.models.error_counter import ErrorCounter
from meetcore.records import SAMPLE_RATE, LiveHealth, LiveSnapshot, LiveState, Meeting, Speaker
from meetcore.records.error_summary import combined

logger = logging.getLogger(__name__)

IDLE_S = 0.25
"""How often a meeting without new audio checks the time since the last frame."""


class LiveMeeting:
    """Records and transcribes one meeting until it is stopped.

    Two threads work on it: the intake's writes audio to disk, the meeting's own reads it back,
    recognizes it and saves the words. The public methods may be called from any thread and,
    `join` aside, return at once.

    Parameters
    ----------
    meeting : its record in the store
    resources : what it shares with other running meetings
    on_stopped : called with the meeting's id, once, on the meeting's thread, after the last word
        is saved

    Raises
    ------
    RecordingError
        The recording cannot be opened.
    """

    def __init__(
        self, meeting: Meeting, resources: LiveResources, on_stopped: Callable[[str], None]
    ) -> None:
        store, settings = resources.store, resources.settings
        folder = settings.recordings_dir / meeting.id
        self.meeting_id = meeting.id
        self.language = meeting.language
        """ISO code that was chosen for it; None detects it."""
        self._title = meeting.title
        self._store = store
        self._grace_s = settings.grace_s
        self._on_stopped = on_stopped
        self._wake = threading.Event()
        self._errors = ErrorCounter()
        self._intake = Intake(
            meeting.id,
            lambda: RecordingWriter(folder, settings.fsync_s),
            self._wake.set,
            self._errors,
        )
        self._names = SpeakerNames(store, meeting.id)
        self._borrowed = BorrowedModels(meeting, resources)
        self._recognition = LiveRecognition(
            meeting.id,
            RecordingReader(folder),
            self._borrowed,
            self._names,
            TranscriptSaver(store, meeting.id, self._names, self._errors),
            self._intake.arrivals,
        )
        self._lock = threading.Lock()
        self._state = LiveState.LISTENING
        self._settle_due = False
        self._version = 0
        self._thread = threading.Thread(target=self._run, name=f"meeting-{meeting.id}", daemon=True)

    def start(self) -> None:
        """Begin to record and to recognize."""
        self._intake.start()
        self._thread.start()

    def attach(self, source: str) -> None:
        """Record this browser tab's microphone from now on, and no other's."""
        self._intake.attach(source)
        self._changed()

    def offer(self, frame: Frame | Pcm, source: str) -> None:
        """Queue a frame for recording. Called on aiortc's loop; never blocks.

        Parameters
        ----------
        frame : av.AudioFrame, or np.ndarray, shape (n_samples,), int16, 16 kHz
        source : which browser tab sends it
        """
        self._intake.offer(frame, source)

    def pause(self) -> None:
        """Stop recording until `resume`; the words up to here are committed."""
        with self._lock:
            if self._state is not LiveState.LISTENING:
                return
            self._intake.pause(True)
            self._settle_due = True
            self._state = LiveState.PAUSED
        self._changed()

    def resume(self) -> None:
        """Record again."""
        with self._lock:
            if self._state is not LiveState.PAUSED:
                return
            self._intake.pause(False)
            self._settle_due = False
            self._state = LiveState.LISTENING
        self._changed()

    def stop(self) -> None:
        """End the meeting; returns at once, the last words follow on its thread. Idempotent."""
        with self._lock:
            if self._state in (LiveState.STOPPING, LiveState.STOPPED):
                return
            self._state = LiveState.STOPPING
        self._changed()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait until a stopped meeting has saved its last word; False after `timeout_s`."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def rename(self, label: str, name: str) -> None:
        """Name a speaker, in past and future turns; raises StoreError when it was not saved."""
        self._names.rename(label, name)
        self._changed()

    def set_title(self, title: str) -> None:
        """Rename the meeting; raises StoreError when it was not saved."""
        self._store.update(self.meeting_id, title=title)
        self._title = title
        self._changed()

    def snapshot(self) -> LiveSnapshot:
        """What a page draws; cheap, from any thread."""
        # Read first: a change made meanwhile gets a new version, so that readers draw it.
        own_version = self._version
        view, intake = self._recognition.view, self._intake.view()
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
            health=self._health(view, intake),
            source=intake.source,
            version=own_version + view.version,
        )

    def _speakers(self, view: RecognitionView) -> tuple[Speaker, ...]:
        """The speakers of the words in view, in the order in which they first spoke."""
        labels = [segment.speaker for segment in view.segments] + [view.tentative_speaker]
        return tuple(self._names.speaker(label) for label in dict.fromkeys(labels) if label)

    def _health(self, view: RecognitionView, intake: IntakeView) -> LiveHealth:
        recognition = self._recognition
        backlog = max(0, intake.n_samples - view.recognized_samples) / SAMPLE_RATE
        loading = not recognition.has_session and self._state is not LiveState.STOPPED
        latency = recognition.latency
        errors = combined(recognition.errors, self._errors.summary())
        return LiveHealth(
            frames_offered=intake.frames_offered,
            samples_on_disk=intake.n_samples,
            backlog=backlog,
            step=view.step,
            rtf=view.rtf,
            chunk_errors=errors.chunk_errors,
            recent_errors=errors.recent_errors,
            last_error=errors.last_error,
            last_traceback=errors.last_traceback,
            latency_p50=latency[0] if latency else None,
            latency_p95=latency[1] if latency else None,
            since_last_frame=intake.since_last_frame,
            keeping_up=loading or keeps_up(backlog),
        )

    def _changed(self) -> None:
        with self._lock:
            self._version += 1
        self._wake.set()

    def _run(self) -> None:
        """The meeting's thread: recognize until stopped; errors are counted and it goes on."""
        while self._state is not LiveState.STOPPING:
            self._wake.wait(IDLE_S)
            self._wake.clear()
            try:
                self._advance()
            except Exception as error:
                logger.exception("meeting %s: a step failed", self.meeting_id)
                self._errors.add(error)
                time.sleep(IDLE_S)
            if self._intake.view().since_last_frame > self._grace_s:
                logger.info("meeting %s: no frame for %.0f s", self.meeting_id, self._grace_s)
                self.stop()
        self._end()

    def _advance(self) -> None:
        """Recognize what is new on disk, in chunks, so that a stop takes effect in between."""
        while self._recognition.process(self._intake.view().n_samples):
            if self._state is LiveState.STOPPING:
                return
        with self._lock:
            settle = self._settle_due and self._recognition.has_session
            if settle:
                self._settle_due = False
        if settle:
            self._recognition.commit_all(self._intake.view().n_samples)
        self._recognition.save(self._intake.view().n_samples)

    def _end(self) -> None:
        """Record, recognize and save the rest, then give the meeting to the second pass."""
        try:
            self._intake.stop()
            self._recognition.finish(self._intake.view().n_samples)
        except Exception as error:
            logger.exception("meeting %s: its last words failed", self.meeting_id)
            self._errors.add(error)
        self._state = LiveState.STOPPED
        self._changed()
        try:
            self._on_stopped(self.meeting_id)
        except Exception:
            logger.exception("meeting %s: its second pass was not queued", self.meeting_id)
        self._borrowed.release()
