"""Queues a browser's audio frames and writes them to disk on its own thread."""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from meetcore.audio.frames import Frame, FrameConverter
from meetcore.audio.level import SILENCE_DB, level_db
from meetcore.audio.pcm import Pcm, empty_pcm, to_samples
from meetcore.audio.recording import RecordingWriter
from meetcore.errors import MeetcoreError
from meetcore.live.retrying_writer import RetryingWriter
from meetcore.live.word_latency import ArrivalTimes
from meetcore.models.error_counter import ErrorCounter
from meetcore.records import SAMPLE_RATE

logger = logging.getLogger(__name__)

LEVEL_SAMPLES = SAMPLE_RATE // 10
IN_FLIGHT_S = 0.25
"""Seconds for which frames of a tab whose microphone is off are still recorded: they were spoken
before, and wait in aiortc's jitter buffer, which keeps 80 ms."""


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
    """One frame in the queue: which unbroken stretch it belongs to, and when it came."""

    stretch: tuple[str, int, int]
    """The tab, its connection, and how often the recording was resumed."""
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
        self._writer = RetryingWriter(meeting_id, open_writer, errors, clock)
        self._on_samples = on_samples
        self._errors = errors
        self._clock = clock
        self._queue: queue.SimpleQueue[_Arrival | None] = queue.SimpleQueue()
        self._converter = FrameConverter()
        self._converter_stretch: tuple[str, int, int] | None = None
        self._source: str | None = None
        self._resumed = 0
        self._pauses_at = math.inf
        self._ends_at = math.inf
        self._frames = 0
        self._last_arrival = clock()
        self._recent: Pcm = empty_pcm()
        self._silent_samples = 0
        self._n_samples = self._writer.n_samples
        self._accepted = 0
        self._recorded = 0
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

    def offer(self, payload: Frame | Pcm, source: str, connection: int = 0) -> None:
        """Queue a frame for recording. Called on aiortc's loop; never blocks.

        Parameters
        ----------
        payload : av.AudioFrame, or np.ndarray, shape (n_samples,), int16, 16 kHz
        source : which browser tab sends; others than the attached one are ignored
        connection : which of the tab's connections; each has timestamps of its own
        """
        now = self._clock()
        if now >= self._ends_at or (self._source is not None and source != self._source):
            return
        self._source = source
        self._last_arrival = now
        self._frames += 1
        if now < self._pauses_at:
            self._accepted += 1
            self._queue.put(_Arrival((source, connection, self._resumed), payload, now))

    @property
    def is_still(self) -> bool:
        """Whether the recording is paused or closed, and all that was said before is on disk."""
        over = self._clock() >= min(self._pauses_at, self._ends_at)
        return over and self._recorded == self._accepted

    def pause(self, muted: str | None = None) -> None:
        """Discard the audio that arrives from now on.

        Parameters
        ----------
        muted : a tab whose microphone is off already; its audio that is on its way is recorded
        """
        self._pauses_at = self._clock() + self._in_flight_s(muted)

    def resume(self) -> None:
        """Record again."""
        self._resumed += 1
        self._pauses_at = math.inf

    def close(self, muted: str | None = None) -> None:
        """End the recording: audio that arrives from now on is discarded. Returns at once.

        Idempotent.

        Parameters
        ----------
        muted : a tab whose microphone is off already; its audio that is on its way is recorded
        """
        if self._ends_at == math.inf:
            self._ends_at = self._clock() + self._in_flight_s(muted)
            self._writer.give_up_after(self._ends_at)
            self._queue.put(None)

    def stop(self, timeout_s: float = 10.0) -> None:
        """Close, and wait until what has arrived is written; idempotent."""
        self.close()
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

    def _in_flight_s(self, muted: str | None) -> float:
        return IN_FLIGHT_S if muted is not None and muted == self._source else 0.0

    def _run(self) -> None:
        for arrival in self._arrivals():
            self._guarded(partial(self._record, arrival))
            self._recorded += 1
        self._guarded(self._flush_converter)
        self._guarded(self._writer.close)
        self._on_samples()

    def _arrivals(self) -> Iterator[_Arrival]:
        """The frames as they come, until the recording ends."""
        while (arrival := self._queue.get()) is not None:
            yield arrival
        while (arrival := self._last_arrivals()) is not None:
            yield arrival

    def _last_arrivals(self) -> _Arrival | None:
        """The next frame of a closed recording, which may still be on its way; None at the end."""
        try:
            return self._queue.get(timeout=max(0.001, self._ends_at - self._clock()))
        except queue.Empty:
            return None

    def _record(self, arrival: _Arrival) -> None:
        """Convert and write one frame; each unbroken stretch has its own converter.

        The time of a pause, or between two connections, must not be taken for lost audio.
        """
        if arrival.stretch != self._converter_stretch:
            self._guarded(self._flush_converter)
            self._converter, self._converter_stretch = FrameConverter(), arrival.stretch
        if isinstance(arrival.payload, np.ndarray):
            self._write(arrival.payload, arrival.at)
        else:
            self._write(self._converter.convert(arrival.payload), arrival.at)

    def _flush_converter(self) -> None:
        self._write(self._converter.flush(), self._clock())

    def _write(self, pcm: Pcm, at: float) -> None:
        if not pcm.shape[0]:
            return
        self._writer.append(pcm)
        # Before the samples can be seen, as their words are committed on another thread.
        self.arrivals.add(self._writer.n_samples, at)
        self._n_samples = self._writer.n_samples
        self._recent = np.concatenate((self._recent, pcm))[-LEVEL_SAMPLES:]
        sound = np.flatnonzero(np.abs(pcm) > 1)
        silent = pcm.shape[0] - int(sound[-1]) - 1 if sound.shape[0] else None
        self._silent_samples = self._silent_samples + pcm.shape[0] if silent is None else silent
        self._on_samples()

    def _guarded(self, step: Callable[[], None]) -> None:
        """Run one step of the thread; an error is counted, and the next frames are recorded."""
        try:
            step()
        except MeetcoreError as error:
            self._writer.count(error)
        except Exception as error:
            logger.exception("meeting %s: a frame failed", self._meeting_id)
            self._errors.add(error)
