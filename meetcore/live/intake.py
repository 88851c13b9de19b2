"""From a browser's frames to the recording on disk: the thread that never drops a sample."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from meetcore.audio.frames import Frame, FrameConverter
from meetcore.audio.level import SILENCE_DB, level_db
from meetcore.audio.pcm import Pcm, to_samples
from meetcore.audio.recording import RecordingWriter
from meetcore.errors import MeetcoreError, RecordingError
from meetcore.live.word_latency import Arrivals
from meetcore.records import SAMPLE_RATE
from meetcore.records.trouble import Trouble, Troubles

logger = logging.getLogger(__name__)

LEVEL_SAMPLES = SAMPLE_RATE // 10
RETRY_S = 0.5
"""How long to wait before a full disk is tried again; the audio waits in memory meanwhile."""
GIVE_UP_S = 5.0
"""How long after the end of a meeting a disk that refuses is still tried."""


@dataclass(frozen=True, slots=True)
class IntakeView:
    """What has arrived so far."""

    n_samples: int = 0
    level_db: float = SILENCE_DB
    silent_samples: int = 0
    """Digital silence up to now."""
    frames_offered: int = 0
    since_last_frame: float = 0.0
    trouble: Trouble = field(default_factory=Trouble)
    source: str | None = None


@dataclass(frozen=True, slots=True)
class _Arrival:
    source: str
    payload: Frame | Pcm
    at: float


class Intake:
    """Owns the recording of one running meeting.

    `offer` is called on aiortc's loop and only puts the frame into a queue; this object's thread
    resamples, writes and measures. The queue needs no bound: its consumer is thousands of times
    faster than real time, and only a dead disk stops it, when memory is the last safe place.

    Parameters
    ----------
    writer : the recording, which this object closes
    open_writer : continues the recording after a disk that failed came back
    on_samples : called on the intake's thread after samples reached the disk; must not block
    """

    def __init__(
        self,
        meeting_id: str,
        writer: RecordingWriter,
        open_writer: Callable[[], RecordingWriter],
        on_samples: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._meeting_id = meeting_id
        self._open_writer = open_writer
        self._writer = writer
        self._on_samples = on_samples
        self._clock = clock
        self._queue: queue.SimpleQueue[_Arrival | None] = queue.SimpleQueue()
        self._converter = FrameConverter()
        self._converting: str | None = None
        self._source: str | None = None
        self._paused = False
        self._closing = False
        self._give_up_at = float("inf")
        self._frames = 0
        self._last_arrival = clock()
        self._recent: Pcm = np.zeros(0, dtype=np.int16)
        self._silent_samples = 0
        self._n_samples = self._writer.n_samples
        self.arrivals = Arrivals()
        """When each sample on disk came from the browser."""
        self._troubles = Troubles(clock)
        self._thread = threading.Thread(target=self._run, name=f"intake-{meeting_id}", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def attach(self, source: str) -> None:
        """From now on only this source's audio counts."""
        self._source = source
        self._last_arrival = self._clock()

    def offer(self, payload: Frame | Pcm, source: str) -> None:
        """Take a frame, or 16 kHz int16 samples. Called on aiortc's loop; never blocks."""
        if self._closing or (self._source is not None and source != self._source):
            return
        self._source = source
        self._last_arrival = self._clock()
        self._frames += 1
        if not self._paused:
            self._queue.put(_Arrival(source, payload, self._last_arrival))

    def pause(self, paused: bool) -> None:
        """Let arriving audio pass by unrecorded, or record again."""
        self._paused = paused

    def stop(self, timeout_s: float = 10.0) -> None:
        """Write what has arrived, close the recording and end the thread; idempotent."""
        if not self._closing:
            self._give_up_at = self._clock() + GIVE_UP_S
            self._closing = True
            self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def view(self) -> IntakeView:
        """What has arrived so far; cheap, from any thread."""
        recent = self._recent
        return IntakeView(
            n_samples=self._n_samples,
            level_db=level_db(to_samples(recent)) if recent.shape[0] else SILENCE_DB,
            silent_samples=self._silent_samples,
            frames_offered=self._frames,
            since_last_frame=self._clock() - self._last_arrival,
            trouble=self._troubles.view(),
            source=self._source,
        )

    def _run(self) -> None:
        while (arrival := self._queue.get()) is not None:
            self._guarded(partial(self._arrived, arrival))
        self._guarded(self._take_rest)
        self._guarded(self._writer.close)
        self._on_samples()

    def _arrived(self, arrival: _Arrival) -> None:
        """Convert and take; a new connection begins with a fresh resampler."""
        if arrival.source != self._converting:
            self._guarded(self._take_rest)
            self._converter, self._converting = FrameConverter(), arrival.source
        if isinstance(arrival.payload, np.ndarray):
            self._take(arrival.payload, arrival.at)
        else:
            self._take(self._converter.convert(arrival.payload), arrival.at)

    def _take_rest(self) -> None:
        self._take(self._converter.flush(), self._clock())

    def _take(self, pcm: Pcm, at: float) -> None:
        if not pcm.shape[0]:
            return
        self._append(pcm)
        # Noted before anybody can hear of these samples, and commit a word of them.
        self.arrivals.note(self._writer.n_samples, at)
        self._n_samples = self._writer.n_samples
        self._recent = np.concatenate((self._recent, pcm))[-LEVEL_SAMPLES:]
        sound = np.flatnonzero(np.abs(pcm) > 1)
        silent = pcm.shape[0] - int(sound[-1]) - 1 if sound.shape[0] else None
        self._silent_samples = self._silent_samples + pcm.shape[0] if silent is None else silent
        self._on_samples()

    def _append(self, pcm: Pcm) -> None:
        """Write for certain: a disk that refuses is tried until the meeting is over."""
        wanted = self._writer.n_samples + pcm.shape[0]
        while (missing := wanted - self._writer.n_samples) > 0:
            try:
                self._writer.append(pcm[-missing:])
            except RecordingError as error:
                self._note(error)
                if self._writer.n_samples >= wanted:
                    return
                if self._clock() >= self._give_up_at:
                    logger.error("meeting %s: %d samples are lost", self._meeting_id, missing)
                    return
                time.sleep(RETRY_S)
                self._reopen()

    def _reopen(self) -> None:
        """Continue in a fresh file: after a failed disk an open one may never work again."""
        try:
            self._writer.close()
        except RecordingError as error:
            logger.info("meeting %s: closing after a failure: %s", self._meeting_id, error)
        try:
            self._writer = self._open_writer()
        except RecordingError as error:
            self._note(error)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Run one step of the thread; whatever one frame breaks, the next ones are recorded."""
        try:
            step()
        except MeetcoreError as error:
            self._note(error)
        except Exception as error:
            logger.exception("meeting %s: a frame failed", self._meeting_id)
            self._troubles.note(error)

    def _note(self, error: Exception) -> None:
        logger.error("meeting %s: %s", self._meeting_id, error)
        self._troubles.note(error, str(error))
