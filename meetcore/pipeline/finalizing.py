"""The second pass of ended meetings, one after the other, on a thread of its own."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from meetcore.audio.compact import compact
from meetcore.audio.recording import RecordingReader
from meetcore.errors import MeetcoreError, RecordingError, StoreError
from meetcore.identifier import Identifier
from meetcore.pipeline.offline import SecondPass, Stopped, failure_sentence, run_second_pass
from meetcore.pipeline.patience import persist
from meetcore.records import SAMPLE_RATE, Meeting, MeetingState, Stage, Transcript
from meetcore.store.meetings import MeetingStore

logger = logging.getLogger(__name__)

BEGUN = 0.01
"""Progress of a pass that has begun: one that is found at 0 after a restart never ran."""
REPORT_S = 0.5
POLL_S = 0.2
NOTHING_RECORDED = "No sound was recorded."
LOADING = "Waiting for the models to load."

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a meeting leaves the finalizer."""

    state: MeetingState
    detail: str = ""
    progress: float = 1.0


class Finalizer:
    """Owns the thread that finishes meetings; `stop` lets the one in work be taken up later.

    Parameters
    ----------
    recordings_dir : holds one folder per meeting
    identifier : gives the models, or None when they are not loaded within so many seconds
    """

    def __init__(
        self,
        store: MeetingStore,
        recordings_dir: Path,
        identifier: Callable[[float], Identifier | None],
    ) -> None:
        self._store = store
        self._recordings_dir = recordings_dir
        self._identifier = identifier
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._waiting: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="second-pass", daemon=True)
        self._thread.start()

    def submit(self, meeting_id: str) -> None:
        """Queue a meeting; one that already waits is not queued twice.

        Raises
        ------
        MeetingNotFoundError
            There is no such meeting.
        """
        if self.accept(meeting_id):
            self.begin(meeting_id)

    def accept(self, meeting_id: str) -> bool:
        """Take a meeting over; False when it was. Its pass waits for `begin`.

        A store that refuses is no obstacle: the state is saved when the pass begins.
        """
        with self._lock:
            if meeting_id in self._waiting:
                return False
            try:
                self._store.update(
                    meeting_id, state=MeetingState.FINALIZING, progress=0.0, detail=""
                )
            except StoreError:
                logger.exception("meeting %s: its state is saved later", meeting_id)
            self._waiting.add(meeting_id)
            return True

    def begin(self, meeting_id: str) -> None:
        """Queue a meeting that was accepted."""
        self._queue.put(meeting_id)

    def pending(self) -> frozenset[str]:
        """Meetings that wait or are in work."""
        with self._lock:
            return frozenset(self._waiting)

    def stop(self, timeout_s: float = 10.0) -> bool:
        """End the thread after the piece in work; True when it has ended. Idempotent."""
        self._stopping.set()
        self._queue.put(None)
        self._thread.join(timeout_s)
        if not self._thread.is_alive():
            return True
        # A long piece outlasts the process: this was no crash, so the next start goes on.
        for meeting_id in self.pending():
            self._note(meeting_id, progress=0.0)
        return False

    def _run(self) -> None:
        while (meeting_id := self._queue.get()) is not None and not self._stopping.is_set():
            try:
                outcome = self._finish(meeting_id)
            except Stopped:
                logger.info("meeting %s: the second pass waits for the next start", meeting_id)
                outcome = _Outcome(MeetingState.FINALIZING, progress=0.0)
            except Exception as error:
                logger.exception("meeting %s: the second pass failed", meeting_id)
                outcome = _Outcome(MeetingState.FAILED, failure_sentence(error))
            self._let_go(meeting_id, outcome)

    def _let_go(self, meeting_id: str, outcome: _Outcome) -> None:
        """Save the outcome; whoever reads it finds the meeting free to be deleted or redone."""

        def write() -> None:
            with self._lock:
                self._store.update(
                    meeting_id,
                    state=outcome.state,
                    detail=outcome.detail,
                    progress=outcome.progress,
                )
                self._waiting.discard(meeting_id)

        try:
            self._persist(write)
        except MeetcoreError:
            logger.exception("meeting %s: how it ended could not be saved", meeting_id)
            with self._lock:
                self._waiting.discard(meeting_id)

    def _finish(self, meeting_id: str) -> _Outcome:
        """Compact the recording so that it plays, then write the final transcript."""
        folder = self._recordings_dir / meeting_id
        reader = RecordingReader(folder)
        total = reader.n_samples
        meeting = self._persist(
            lambda: self._store.update(
                meeting_id, state=MeetingState.FINALIZING, duration=total / SAMPLE_RATE
            )
        )
        if total == 0:
            return _Outcome(MeetingState.DONE, NOTHING_RECORDED)
        compacting = self._compact(meeting_id, folder)
        identifier = self._wait_for_models(meeting_id)
        done = run_second_pass(
            reader.read,
            total,
            identifier,
            before=self._persist(lambda: self._before(meeting_id)),
            language=meeting.language,
            progress=self._reporter(meeting_id),
        )
        self._persist(lambda: self._keep(meeting_id, done, identifier))
        logger.info("meeting %s: done, %.0f s of audio", meeting_id, total / SAMPLE_RATE)
        detail = " ".join(part for part in (done.detail, compacting) if part)
        return _Outcome(MeetingState.DONE, detail)

    def _before(self, meeting_id: str) -> Transcript:
        """What was read until now: its labels and names are to stay with their voices.

        It names all speakers of the meeting, also those nobody is heard as any more, whose
        labels and names must not fall to somebody else.
        """
        latest = self._store.transcript(meeting_id)
        if not latest.segments:
            latest = self._store.transcript(meeting_id, Stage.PROVISIONAL)
        return replace(latest, speakers=self._store.speakers(meeting_id))

    def _keep(self, meeting_id: str, done: SecondPass, identifier: Identifier) -> Meeting:
        self._store.replace_transcript(meeting_id, done.transcript)
        return self._store.update(
            meeting_id,
            mode=identifier.models.mode,
            recognizer=identifier.models.final_recognizer,
            language=done.language,
        )

    def _wait_for_models(self, meeting_id: str) -> Identifier:
        """The models; a meeting that waits for them counts as not yet begun."""
        identifier = self._identifier(0.0)
        if identifier is None:
            self._note(meeting_id, detail=LOADING)
        while identifier is None:
            if self._stopping.is_set():
                raise Stopped
            identifier = self._identifier(POLL_S)
        self._note(meeting_id, progress=BEGUN, detail="")
        return identifier

    def _compact(self, meeting_id: str, folder: Path) -> str:
        """A sentence when the recording could not be compacted; it is kept as it was."""
        try:
            path = compact(folder)
        except RecordingError as error:
            logger.exception("meeting %s: the recording stays raw", meeting_id)
            return str(error)
        self._persist(
            lambda: self._store.update(meeting_id, audio_path=f"{meeting_id}/{path.name}")
        )
        return ""

    def _reporter(self, meeting_id: str) -> Callable[[float], None]:
        last = time.monotonic()

        def report(part: float) -> None:
            nonlocal last
            if self._stopping.is_set():
                raise Stopped
            if time.monotonic() - last >= REPORT_S:
                last = time.monotonic()
                self._note(meeting_id, progress=max(BEGUN, min(part, 0.99)))

        return report

    def _note(
        self, meeting_id: str, progress: float | None = None, detail: str | None = None
    ) -> None:
        """Tell how far it is; a bar that stands still is no reason to lose the pass."""
        try:
            self._store.update(meeting_id, progress=progress, detail=detail)
        except StoreError:
            logger.exception("meeting %s: its progress could not be saved", meeting_id)

    def _persist(self, write: Callable[[], Result]) -> Result:
        return persist(write, self._stopping)
