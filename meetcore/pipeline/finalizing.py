"""The second pass of ended meetings, one after the other, on a thread of its own."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

from meetcore.audio.compact import compact
from meetcore.audio.recording import RecordingReader
from meetcore.errors import MeetcoreError, RecordingError
from meetcore.identifier import Identifier
from meetcore.pipeline.offline import run_second_pass
from meetcore.records import SAMPLE_RATE, MeetingState, Stage
from meetcore.store.meetings import MeetingStore

logger = logging.getLogger(__name__)

BEGUN = 0.01
"""Progress of a pass that has begun: one that is found at 0 after a restart never ran."""
REPORT_S = 0.5
NOTHING_RECORDED = "No sound was recorded."


class Finalizer:
    """Owns the thread that finishes meetings; `stop` lets the one in work be taken up later.

    Parameters
    ----------
    recordings_dir : holds one folder per meeting
    identifier : gives the models, waiting until they are loaded
    """

    def __init__(
        self,
        store: MeetingStore,
        recordings_dir: Path,
        identifier: Callable[[], Identifier],
    ) -> None:
        self._store = store
        self._recordings_dir = recordings_dir
        self._identifier = identifier
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._waiting: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="second-pass", daemon=True)
        self._thread.start()

    def submit(self, meeting_id: str) -> None:
        """Queue a meeting; one that already waits is not queued twice."""
        if meeting_id in self._waiting:
            return
        self._waiting.add(meeting_id)
        self._store.update(meeting_id, state=MeetingState.FINALIZING, progress=0.0, detail="")
        self._queue.put(meeting_id)

    def pending(self) -> frozenset[str]:
        """Meetings that wait or are in work."""
        return frozenset(self._waiting)

    def stop(self, timeout_s: float = 10.0) -> None:
        """End the thread after the piece in work; idempotent."""
        self._stopping.set()
        self._queue.put(None)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while (meeting_id := self._queue.get()) is not None and not self._stopping.is_set():
            try:
                self._finish(meeting_id)
            except _Stopped:
                logger.info("meeting %s: the second pass waits for the next start", meeting_id)
                self._store.update(meeting_id, progress=0.0)
            except Exception as error:
                logger.exception("meeting %s: the second pass failed", meeting_id)
                self._fail(meeting_id, error)
            finally:
                self._waiting.discard(meeting_id)

    def _fail(self, meeting_id: str, error: Exception) -> None:
        known = isinstance(error, MeetcoreError)
        why = str(error) if known else f"The second pass failed ({type(error).__name__})."
        try:
            self._store.update(
                meeting_id, state=MeetingState.FAILED, detail=f"{why} What was said live is kept."
            )
        except MeetcoreError:
            logger.exception("meeting %s: its failure could not be saved", meeting_id)

    def _finish(self, meeting_id: str) -> None:
        """Compact the recording so that it plays, then write the final transcript."""
        folder = self._recordings_dir / meeting_id
        meeting = self._store.update(meeting_id, progress=BEGUN)
        reader = RecordingReader(folder)
        total = reader.n_samples
        if total == 0:
            self._store.update(
                meeting_id, state=MeetingState.DONE, progress=1.0, detail=NOTHING_RECORDED
            )
            return
        self._store.update(meeting_id, duration=total / SAMPLE_RATE)
        compacting = self._compact(meeting_id, folder)
        identifier = self._identifier()
        done = run_second_pass(
            reader.read,
            total,
            identifier,
            before=self._store.transcript(meeting_id, Stage.PROVISIONAL),
            language=meeting.language,
            progress=self._reporter(meeting_id),
        )
        self._store.replace_transcript(meeting_id, done.transcript)
        self._store.update(
            meeting_id,
            state=MeetingState.DONE,
            progress=1.0,
            detail=" ".join(part for part in (done.detail, compacting) if part),
            mode=identifier.models.mode,
            recognizer=identifier.models.final_recognizer,
            language=done.language,
        )
        logger.info("meeting %s: done, %.0f s of audio", meeting_id, total / SAMPLE_RATE)

    def _compact(self, meeting_id: str, folder: Path) -> str:
        """A sentence when the recording could not be compacted; it is kept as it was."""
        try:
            path = compact(folder)
        except RecordingError as error:
            logger.exception("meeting %s: the recording stays raw", meeting_id)
            return str(error)
        self._store.update(meeting_id, audio_path=f"{meeting_id}/{path.name}")
        return ""

    def _reporter(self, meeting_id: str) -> Callable[[float], None]:
        last = time.monotonic()

        def report(part: float) -> None:
            nonlocal last
            if self._stopping.is_set():
                raise _Stopped
            if time.monotonic() - last >= REPORT_S:
                last = time.monotonic()
                self._store.update(meeting_id, progress=max(BEGUN, min(part, 0.99)))

        return report


class _Stopped(Exception):
    """The process ends; the meeting is taken up at the next start."""
