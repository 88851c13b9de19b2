"""Queues a browser's audio frames and writes them to disk on its own thread."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from meetcore.audio.frames import Frame, FrameConverter
from meetcore.audio.level import SILENCE_DB, level_db
from meetcore.audio.pcm import Pcm, empty_pcm, to_samples
from meetcore.audio.recording import RecordingWriter
from meetcore.errors import MeetcoreError, RecordingError
from meetcore.live.word_latency import ArrivalTimes
from meetcore.models.error_counter import ErrorCounter
from meetcore.records import SAMPLE_RATE

logger = logging.getLogger(__name__)

LEVEL_SAMPLES = SAMPLE_RATE // 10
RETRY_S = 0.5
"""Seconds between two tries to write to a full disk; the audio waits in memory meanwhile."""
GIVE_UP_S = 5.0
"""Seconds after the end of a meeting for which a failing disk is still tried."""


@dataclass(frozen=True, slots=True)
class IntakeView:
    """What has been recorded and received so far."""

    n_samples: int = 0
    level_db: float = SILENCE_DB
    silent_samples: int = 0
    """Length of the digital silence at the end of the recording."""
    frames_offered: int = 0
    since_last_frame: float = 0.0
    source: str | None = None


@dataclass(frozen=True, slots=True)
class _Arrival:
    """One frame in the queue: which tab sent it, and when it came."""

    source: str
    payload: Frame | Pcm
    at: float


class Intake:
    """Owns the recording of one running meeting, and the thread that writes it.

    `offer` is called on aiortc's loop and only puts the frame into a queue; the thread resamples,
    writes and measures. The queue has no bound: the thread is thousands of times faster than real
    time, and only falls behind when the disk fails, when memory is the last safe place.

    Parameters
    ----------
    open_writer : opens the recording, or continues it after a disk that failed works again
    on_samples : called on the intake's thread after samples reached the disk; must not block
    errors : counts what goes wrong here

    Raises
    ------
    RecordingError
        The recording cannot be opened.
    """

    def __init__(
        self,
        meeting_id: str,
        open_writer: Callable[[], RecordingWriter],
        on_samples: Callable[[], None],
        errors: ErrorCounter,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._meeting_id = meeting_id
        self._open_writer = open_writer
        self._writer = open_writer()
        self._on_samples = on_samples
        self._errors = errors
        self._clock = clock
        self._queue: queue.SimpleQueue[_Arrival | None] = queue.SimpleQueue()
        self._converter = FrameConverter()
        self._converter_source: str | None = None
        self._source: str | None = None
        self._paused = False
        self._closing = False
        self._give_up_at = float("inf")
        self._frames = 0
        self._last_arrival = clock()
        self._recent: Pcm = empty_pcm()
        self._silent_samples = 0
        self._n_samples = self._writer.n_samples
        self.arrivals = ArrivalTimes()
        """When each sample on disk came from the browser."""
        self._thread = threading.Thread(target=self._run, name=f"intake-{meeting_id}", daemon=True)

    def start(self) -> None:
        """Begin to record."""
        self._thread.start()

    def attach(self, source: str) -> None:
        """From now on only this source's audio is recorded."""
        self._source = source
        self._last_arrival = self._clock()

    def offer(self, payload: Frame | Pcm, source: str) -> None:
        """Queue a frame for recording. Called on aiortc's loop; never blocks.

        Parameters
        ----------
        payload : av.AudioFrame, or np.ndarray, shape (n_samples,), int16, 16 kHz
        source : which browser tab sends; others than the attached one are ignored
        """
        if self._closing or (self._source is not None and source != self._source):
            return
        self._source = source
        self._last_arrival = self._clock()
        self._frames += 1
        if not self._paused:
            self._queue.put(_Arrival(source, payload, self._last_arrival))

    def pause(self, paused: bool) -> None:
        """Discard the audio that arrives from now on, or record again."""
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
        """What has been recorded and received so far; cheap, from any thread."""
        recent = self._recent
        return IntakeView(
            n_samples=self._n_samples,
            level_db=level_db(to_samples(recent)),
            silent_samples=self._silent_samples,
            frames_offered=self._frames,
            since_last_frame=self._clock() - self._last_arrival,
            source=self._source,
        )

    def _run(self) -> None:
        while (arrival := self._queue.get()) is not None:
            self._guarded(partial(self._record, arrival))
        self._guarded(self._flush_converter)
        self._guarded(self._writer.close)
        self._on_samples()

    def _record(self, arrival: _Arrival) -> None:
        """Convert and write one frame; a new source gets a new resampler."""
        if arrival.source != self._converter_source:
            self._guarded(self._flush_converter)
            self._converter, self._converter_source = FrameConverter(), arrival.source
        if isinstance(arrival.payload, np.ndarray):
            self._write(arrival.payload, arrival.at)
        else:
            self._write(self._converter.convert(arrival.payload), arrival.at)

    def _flush_converter(self) -> None:
        self._write(self._converter.flush(), self._clock())

    def _write(self, pcm: Pcm, at: float) -> None:
        if not pcm.shape[0]:
            return
        self._append(pcm)
        # Before the samples can be seen, as their words are committed on another thread.
        self.arrivals.add(self._writer.n_samples, at)
        self._n_samples = self._writer.n_samples
        self._recent = np.concatenate((self._recent, pcm))[-LEVEL_SAMPLES:]
        sound = np.flatnonzero(np.abs(pcm) > 1)
        silent = pcm.shape[0] - int(sound[-1]) - 1 if sound.shape[0] else None
        self._silent_samples = self._silent_samples + pcm.shape[0] if silent is None else silent
        self._on_samples()

    def _append(self, pcm: Pcm) -> None:
        """Append to the recording, trying again while the disk refuses, until `_give_up_at`."""
        wanted = self._writer.n_samples + pcm.shape[0]
        while (missing := wanted - self._writer.n_samples) > 0:
            try:
                self._writer.append(pcm[-missing:])
            except RecordingError as error:
                self._count(error)
                if self._writer.n_samples >= wanted:
                    return
                if self._clock() >= self._give_up_at:
                    logger.error("meeting %s: %d samples are lost", self._meeting_id, missing)
                    return
                time.sleep(RETRY_S)
                self._reopen()

    def _reopen(self) -> None:
        """Continue with a newly opened file: after a disk failure the old one may never work."""
        try:
            self._writer.close()
        except RecordingError as error:
            logger.info("meeting %s: closing after a failure: %s", self._meeting_id, error)
        try:
            self._writer = self._open_writer()
        except RecordingError as error:
            self._count(error)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Run one step of the thread; an error is counted, and the next frames are recorded."""
        try:
            step()
        except MeetcoreError as error:
            self._count(error)
        except Exception as error:
            logger.exception("meeting %s: a frame failed", self._meeting_id)
            self._errors.add(error)

    def _count(self, error: MeetcoreError) -> None:
        logger.error("meeting %s: %s", self._meeting_id, error)
        self._errors.add(error, str(error))
