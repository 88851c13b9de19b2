"""`LiveRecognition`: turns new samples on disk into words in the store."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace

from meetcore.audio.recording import RecordingReader
from meetcore.errors import RecordingError
from meetcore.live.borrowed_models import BorrowedModels
from meetcore.live.persistence import TranscriptSaver
from meetcore.live.speaker_names import SpeakerNames
from meetcore.live.step_width import StepWidth
from meetcore.live.word_latency import ArrivalTimes, Percentiles, WordLatencies
from meetcore.models.identifier_session import IdentifierSession
from meetcore.records import SAMPLE_RATE, Segment, Word
from meetcore.records.error_summary import ErrorSummary

logger = logging.getLogger(__name__)

LONGEST_CHUNK_SAMPLES = 10 * SAMPLE_RATE
"""Recognized in one go when there is a backlog; stop and pause take effect in between."""
SHORTEST_CHUNK_SAMPLES = SAMPLE_RATE // 20
MATCH_EVERY_SAMPLES = 5 * SAMPLE_RATE
"""How often the speakers are compared with enrolled voices."""
LATE_SAMPLES = 60 * SAMPLE_RATE
"""Longest recording that is still recognized live when the models load after its end; a longer one
is left to the second pass, which follows anyway."""


@dataclass(frozen=True, slots=True)
class RecognitionView:
    """The words recognized so far; replaced as a whole."""

    segments: tuple[Segment, ...] = ()
    tentative: tuple[Word, ...] = ()
    tentative_speaker: str | None = None
    recognized_samples: int = 0
    step: float = 0.0
    rtf: float = 0.0
    chunk_errors: int = 0
    version: int = 0
    """Grows with every change that a page would draw."""


class LiveRecognition:
    """Reads the recording back from the disk in chunks, so that a backlog costs no memory.

    Used by the meeting's thread, except for `view`, `has_session`, `errors` and `latency`.
    A meeting whose models load late, or that only records until there is a recognizer, is
    recognized from its beginning once it can be.
    """

    def __init__(
        self,
        meeting_id: str,
        reader: RecordingReader,
        borrowed: BorrowedModels,
        names: SpeakerNames,
        saver: TranscriptSaver,
        arrivals: ArrivalTimes,
    ) -> None:
        self._meeting_id = meeting_id
        self._reader = reader
        self._borrowed = borrowed
        self._names = names
        self._saver = saver
        self._arrivals = arrivals
        self._session: IdentifierSession | None = None
        self._step_width: StepWidth | None = None
        self._match_at = MATCH_EVERY_SAMPLES
        self._latencies = WordLatencies()
        self.view = RecognitionView()
        """What a page shows."""

    @property
    def has_session(self) -> bool:
        """Whether models were there to open a session."""
        return self._session is not None

    @property
    def errors(self) -> ErrorSummary:
        """Errors of the models, each of which cost one window of text."""
        session = self._session
        return session.errors if session is not None else ErrorSummary()

    @property
    def latency(self) -> Percentiles:
        """Seconds from microphone to page, the median and the 95th percentile of recent words."""
        return self._latencies.percentiles(time.monotonic())

    def process(self, available: int, shortest: int = SHORTEST_CHUNK_SAMPLES) -> bool:
        """Recognize and save the next chunk; False when there is nothing to do.

        Parameters
        ----------
        available : samples on disk
        shortest : fewer new samples than this wait for more

        Raises
        ------
        RecordingError
            The recording cannot be read now; a later call tries again.
        """
        session = self._current_session()
        if session is None or available - session.processed_samples < shortest:
            return False
        begin = session.processed_samples
        samples = self._reader.read(begin, min(available, begin + LONGEST_CHUNK_SAMPLES))
        if not samples.shape[0]:
            return False
        self._adapt_step(session, (available - begin) / SAMPLE_RATE)
        started = time.perf_counter()
        session.process_audio_chunk(samples, begin / SAMPLE_RATE)
        self._match_voices(session)
        took = time.perf_counter() - started
        self._save_and_show(session, available, took / (samples.shape[0] / SAMPLE_RATE))
        return True

    def save(self, available: int) -> None:
        """Have the length and the names saved where they changed."""
        if self._session is not None:
            self._saver.put(self._session, available / SAMPLE_RATE)

    def commit_all(self, available: int) -> None:
        """Commit all words up to a pause; the meeting goes on."""
        if self._session is not None:
            self._process_rest(available)
            self._session.commit_all()
            self._save_and_show(self._session, available)

    def finish(self, available: int) -> None:
        """Recognize the rest, commit and save every word, and close the session.

        Without models, the words are left to the second pass, unless the recording is short and
        the models have loaded meanwhile.
        """
        session = self._session or (self._current_session() if available <= LATE_SAMPLES else None)
        if session is None:
            return
        try:
            self._process_rest(available)
            session.flush()
            self._save_and_show(session, available)
        finally:
            session.close()

    def _current_session(self) -> IdentifierSession | None:
        """The session; one without a recognizer is replaced as soon as there is a better one."""
        before = self._session
        if before is None or not before.has_recognizer:
            opened = self._borrowed.open_session()
            if opened is not None:
                self._session = opened
                if before is not None:
                    before.close()
        return self._session

    def _match_voices(self, session: IdentifierSession) -> None:
        """Compare the speakers with enrolled voices, every MATCH_EVERY_SAMPLES."""
        if session.processed_samples < self._match_at:
            return
        self._match_at = session.processed_samples + MATCH_EVERY_SAMPLES
        self._borrowed.match_voices(session, self._names)

    def _process_rest(self, available: int) -> None:
        """Process what is left; a RecordingError ends it and is logged."""
        try:
            while self.process(available, 1):
                pass
        except RecordingError:
            logger.exception("meeting %s: its last samples cannot be read", self._meeting_id)

    def _adapt_step(self, session: IdentifierSession, backlog: float) -> None:
        """Decode less often where the machine falls behind, and more often again later."""
        if not session.step:
            return
        width = self._step_width or StepWidth(session.step, session.step)
        self._step_width = width.next_step(backlog)
        if session.step != self._step_width.current:
            session.set_step(self._step_width.current)

    def _save_and_show(
        self, session: IdentifierSession, available: int, rtf: float | None = None
    ) -> None:
        """Save first, so that a word that was read survives a killed process.

        A store that refuses delays this once, by a moment; then words are shown unsaved.
        """
        self._names.merge(session.take_relabelled())
        self._saver.put(session, available / SAMPLE_RATE)
        self._saver.wait()
        self._show(session, rtf)

    def _show(self, session: IdentifierSession, rtf: float | None = None) -> None:
        tentative, speaker = session.tentative()
        before = self.view
        view = replace(
            before,
            segments=session.segments(),
            tentative=tentative,
            tentative_speaker=speaker,
            recognized_samples=session.processed_samples,
            step=session.step,
            rtf=before.rtf if rtf is None else 0.9 * before.rtf + 0.1 * rtf,
            chunk_errors=session.errors.chunk_errors,
        )
        if _drawn(view) != _drawn(before):
            view = replace(view, version=before.version + 1)
        self.view = view
        self._measure_latency(session)

    def _measure_latency(self, session: IdentifierSession) -> None:
        """Count the time from each new word's last sample to now, when the page can show it."""
        ends = session.take_word_ends()
        arrived = (self._arrivals.take(round(end * SAMPLE_RATE)) for end in ends)
        self._latencies.add([at for at in arrived if at is not None], time.monotonic())


def _drawn(view: RecognitionView) -> tuple[object, ...]:
    return view.segments, view.tentative, view.tentative_speaker, view.chunk_errors
