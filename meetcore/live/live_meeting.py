"""`LiveMeeting`: records and transcribes one running meeting."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence

from meetcore.audio.frames import Frame
from meetcore.audio.pcm import Pcm
from meetcore.audio.recording import RecordingReader, RecordingWriter
from meetcore.live.borrowed_models import BorrowedModels
from meetcore.live.intake import Intake
from meetcore.live.live_view import live_snapshot
from meetcore.live.persistence import TranscriptSaver
from meetcore.live.recognition import LiveRecognition
from meetcore.live.resources import LiveResources
from meetcore.live.settled_words import SettledQueue, SettledWords
from meetcore.live.speaker_names import RENAME_TIMEOUT_MS, SpeakerNames
from meetcore.models.error_counter import ErrorCounter
from meetcore.records import SAMPLE_RATE, LiveSnapshot, LiveState, Meeting, Word
from meetcore.store.sqlite import busy_timeout

logger = logging.getLogger(__name__)

IDLE_S = 0.25
"""How often a meeting without new audio checks the time since the last frame."""


class LiveMeeting:
    """Records and transcribes one meeting until it is stopped.

    Three threads work on it: the intake's writes audio to disk, the meeting's own reads it back
    and recognizes it, the saver's writes the words to the store. The public methods may be called
    from any thread; all but `join`, `rename` and `set_title`, which ask the store, return at once.

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
        """ISO codes that were chosen for it, with commas between; None detects any."""
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
        self._saver = TranscriptSaver(store, meeting.id, self._names, self._errors, self.stop)
        self._borrowed = BorrowedModels(meeting, resources, self._saver.later)
        self._recognition = LiveRecognition(
            meeting.id,
            RecordingReader(folder),
            self._borrowed,
            self._names,
            self._saver,
            self._intake.arrivals,
        )
        self._settled = SettledQueue()
        self._lock = threading.Lock()
        self._state = LiveState.LISTENING
        self._settle_due = False
        self._seen_at = -math.inf
        self._version = 0
        self._thread = threading.Thread(target=self._run, name=f"meeting-{meeting.id}", daemon=True)

    def start(self) -> None:
        """Begin to record and to recognize."""
        self._intake.start()
        self._saver.start()
        self._thread.start()

    def attach(self, source: str) -> None:
        """Record this browser tab's microphone from now on, and no other's."""
        self._intake.attach(source)
        self._changed()

    def offer(self, frame: Frame | Pcm, source: str, connection: int = 0) -> None:
        """Queue a frame for recording. Called on aiortc's loop; never blocks.

        Parameters
        ----------
        frame : av.AudioFrame, or np.ndarray, shape (n_samples,), int16, 16 kHz
        source : which browser tab sends it
        connection : which of the tab's connections; each has timestamps of its own
        """
        self._intake.offer(frame, source, connection)

    def pause(self, muted: str | None = None) -> None:
        """Stop recording until `resume`; the words up to here are committed.

        Parameters
        ----------
        muted : a tab whose microphone is off already; its audio that is on its way is recorded
        """
        with self._lock:
            if self._state is not LiveState.LISTENING:
                return
            self._intake.pause(muted)
            self._settle_due = True
            self._state = LiveState.PAUSED
        self._changed()

    def resume(self) -> None:
        """Record again."""
        with self._lock:
            if self._state is not LiveState.PAUSED:
                return
            self._intake.resume()
            self._settle_due = False
            self._state = LiveState.LISTENING
        self._changed()

    def keep_alive(self, source: str) -> None:
        """Note that the recording tab is open: a pause may last longer than the grace period."""
        if source == self._intake.view().source:
            self._seen_at = time.monotonic()

    def stop(self, muted: str | None = None) -> None:
        """End the recording and return at once; the last words follow on the meeting's thread.

        Idempotent.

        Parameters
        ----------
        muted : a tab whose microphone is off already; its audio that is on its way is recorded
        """
        with self._lock:
            if self._state in (LiveState.STOPPING, LiveState.STOPPED):
                return
            # Here, as the meeting's thread may be in a long step of the recognizer.
            self._intake.close(muted)
            self._state = LiveState.STOPPING
        self._changed()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait until a stopped meeting has saved its last word; False after `timeout_s`."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def settle(self, words: Sequence[Word], until_samples: int) -> None:
        """Take over words of the second pass, which follows the meeting; returns at once.

        Parameters
        ----------
        until_samples : they replace all words before it
        """
        self._settled.put(SettledWords(tuple(words), until_samples))
        self._wake.set()

    def reached(self, n_samples: int | None) -> None:
        """Note how far the second pass has come: what is left begins there; None ends it."""
        self._settled.reached = n_samples

    def rename(self, label: str, name: str) -> None:
        """Name a speaker, in past and future turns; raises StoreError when it was not saved."""
        self._names.rename(label, name)
        self._changed()

    def set_title(self, title: str) -> None:
        """Rename the meeting; raises StoreError when it was not saved."""
        with busy_timeout(RENAME_TIMEOUT_MS):
            self._store.update(self.meeting_id, title=title)
        self._title = title
        self._changed()

    def snapshot(self) -> LiveSnapshot:
        """What a page draws; cheap, from any thread."""
        return live_snapshot(
            version=self._version,
            meeting_id=self.meeting_id,
            title=self._title,
            state=self._state,
            intake=self._intake.view(),
            recognition=self._recognition,
            names=self._names,
            errors=self._errors.summary(),
            unsaved_for=self._saver.unsaved_for,
            unsettled=self._unsettled(),
        )

    def _unsettled(self) -> float:
        """Seconds of audio that the second pass has not reached; 0 where it does not follow."""
        reached = self._settled.reached
        if reached is None:
            return 0.0
        return max(0, self._intake.view().n_samples - reached) / SAMPLE_RATE

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
                if self._is_abandoned():
                    logger.info("meeting %s: no frame for %.0f s", self.meeting_id, self._grace_s)
                    self.stop()
                self._advance()
            except Exception as error:
                logger.exception("meeting %s: a step failed", self.meeting_id)
                self._errors.add(error)
                time.sleep(IDLE_S)
        self._end()

    def _is_abandoned(self) -> bool:
        """Whether no tab has sent sound for the grace period, nor was open during a pause."""
        if self._intake.view().since_last_frame <= self._grace_s:
            return False
        is_open = time.monotonic() - self._seen_at <= self._grace_s
        return self._state is not LiveState.PAUSED or not is_open

    def _advance(self) -> None:
        """Recognize what is new on disk, in chunks, so that a stop takes effect in between."""
        while self._recognition.process(self._intake.view().n_samples):
            self._take_settled()
            if self._state is LiveState.STOPPING:
                return
        self._take_settled()
        with self._lock:
            settle = self._settle_due and self._intake.is_still and self._recognition.has_session
            if settle:
                self._settle_due = False
        if settle:
            self._recognition.commit_all(self._intake.view().n_samples)
        self._recognition.save(self._intake.view().n_samples)

    def _take_settled(self) -> None:
        self._recognition.settle(self._settled.take(), self._intake.view().n_samples)

    def _end(self) -> None:
        """Record, recognize and save the rest, then give the meeting to the second pass."""
        try:
            self._intake.stop()
            self._take_settled()
            self._recognition.finish(self._intake.view().n_samples)
        except Exception as error:
            logger.exception("meeting %s: its last words failed", self.meeting_id)
            self._errors.add(error)
        self._saver.stop()
        self._state = LiveState.STOPPED
        self._changed()
        try:
            self._on_stopped(self.meeting_id)
        except Exception:
            logger.exception("meeting %s: its second pass was not queued", self.meeting_id)
        self._borrowed.release()
