"""`LiveRecognition`: turns new samples on disk into words in the store."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import replace

from meetcore.audio.recording import RecordingReader
from meetcore.errors import RecordingError
from meetcore.live.borrowed_models import BorrowedModels
from meetcore.live.gaps import Gaps
from meetcore.live.load_control import LoadControl
from meetcore.live.persistence import TranscriptSaver
from meetcore.live.recognition_view import RecognitionView
from meetcore.live.settled_words import SettledWords
from meetcore.live.speaker_names import SpeakerNames
from meetcore.live.word_latency import ArrivalTimes, Percentiles, WordLatencies
from meetcore.models.identifier_session import IdentifierSession
from meetcore.records import SAMPLE_RATE
from meetcore.records.error_summary import ErrorSummary

logger = logging.getLogger(__name__)

SHORTEST_CHUNK_SAMPLES = SAMPLE_RATE // 20
MATCH_EVERY_SAMPLES = 5 * SAMPLE_RATE
"""How often the speakers are compared with enrolled voices."""
LATE_SAMPLES = 60 * SAMPLE_RATE
"""Longest recording that is still recognized live when the models load after its end; a longer one
is left to the second pass, which follows anyway."""
LAST_BACKLOG_S = 1.5
"""How long a stopped meeting's backlog is recognized; what is left then is left to the second pass.
"""


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
        self._load = LoadControl(meeting_id, borrowed)
        self._gaps = Gaps()
        self._match_at = MATCH_EVERY_SAMPLES
        self._latencies = WordLatencies()
        self.view = RecognitionView()
        """What a page shows."""

    @property
    def has_session(self) -> bool:
        """Whether models were there to open a session."""
        return self._session is not None

    @property
    def language_note(self) -> str:
        """One sentence on the weight that writes the meeting's languages; mostly empty."""
        return self._borrowed.language_note

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
        session = self._current_session(available)
        if session is None or available - session.processed_samples < shortest:
            return False
        begin = session.processed_samples
        backlog, recorded = (available - begin) / SAMPLE_RATE, available / SAMPLE_RATE
        if self._load.must_jump(backlog, recorded):
            self._jump(session, available)
            return True
        longest = round(self._load.chunk() * SAMPLE_RATE)
        samples = self._reader.read(begin, min(available, begin + longest))
        if not samples.shape[0]:
            return False
        self._load.adapt(session, backlog, recorded)
        started = time.perf_counter()
        session.process_audio_chunk(samples, begin / SAMPLE_RATE)
        self._match_voices(session)
        self._borrowed.listen_for_language(session, self._reader.read)
        self._load.measured(time.perf_counter() - started, samples.shape[0] / SAMPLE_RATE)
        self._save_and_show(session, available)
        return True

    def _jump(self, session: IdentifierSession, available: int) -> None:
        """Leave the backlog to the second pass, and go on with what is said now."""
        begin = session.processed_samples
        session.skip(available - begin)
        self._gaps.add(begin, available)
        logger.info(
            "meeting %s: %.1f s are left to the second pass: the machine is busy",
            self._meeting_id,
            (available - begin) / SAMPLE_RATE,
        )
        self._save_and_show(session, available)

    def save(self, available: int) -> None:
        """Have the length and the names saved where they changed."""
        if self._session is not None:
            self._saver.put(self._session, available / SAMPLE_RATE)

    def settle(self, settled: Sequence[SettledWords], available: int) -> None:
        """Replace committed words by those of the second pass, and save them."""
        session = self._session
        if session is None or not settled:
            return
        for each in settled:
            session.settle(each.words, each.until_samples / SAMPLE_RATE)
            self._gaps.fill(each.until_samples)
        self._save_and_show(session, available)

    def commit_all(self, available: int) -> None:
        """Commit all words up to a pause; the meeting goes on."""
        if self._session is not None:
            self._process_rest(available, math.inf)
            self._session.commit_all()
            self._save_and_show(self._session, available)

    def finish(self, available: int) -> None:
        """Commit and save every word, and close the session.

        A backlog is recognized for LAST_BACKLOG_S at most. Without models, the words are left to
        the second pass, unless the recording is short and the models have loaded meanwhile.
        """
        session = self._session
        if session is None and available <= LATE_SAMPLES:
            session = self._current_session(available)
        if session is None:
            return
        try:
            self._process_rest(available, LAST_BACKLOG_S)
            self._gaps.add(session.processed_samples, available)
            session.flush()
            self._save_and_show(session, available)
        finally:
            session.close()

    def _current_session(self, available: int) -> IdentifierSession | None:
        """The session; one without a recognizer is replaced as soon as there is a better one."""
        before = self._session
        if before is None or not before.has_recognizer:
            opened = self._borrowed.open_session()
            if opened is not None:
                self._session = opened
                self._gaps.clear()
                self._load.begin(available / SAMPLE_RATE, available / SAMPLE_RATE)
                if before is not None:
                    before.close()
        return self._session

    def _match_voices(self, session: IdentifierSession) -> None:
        """Compare the speakers with enrolled voices, every MATCH_EVERY_SAMPLES."""
        if session.processed_samples < self._match_at:
            return
        self._match_at = session.processed_samples + MATCH_EVERY_SAMPLES
        self._borrowed.match_voices(session, self._names)

    def _process_rest(self, available: int, longest_s: float) -> None:
        """Process what is left, for so long; a RecordingError ends it and is logged."""
        until = time.monotonic() + longest_s
        try:
            while time.monotonic() < until and self.process(available, 1):
                pass
        except RecordingError:
            logger.exception("meeting %s: its last samples cannot be read", self._meeting_id)

    def _save_and_show(self, session: IdentifierSession, available: int) -> None:
        """Save first, so that a word that was read survives a killed process.

        A store that refuses delays this once, by a moment; then words are shown unsaved.
        """
        self._names.merge(session.take_relabelled())
        self._saver.put(session, available / SAMPLE_RATE)
        self._saver.wait()
        self._show(session)

    def _show(self, session: IdentifierSession) -> None:
        tentative, speaker = session.tentative()
        before = self.view
        view = replace(
            before,
            segments=session.segments(),
            shape=session.shape(),
            labels=session.labels(),
            merged=session.merged(),
            tentative=tentative,
            tentative_speaker=speaker,
            recognized_samples=session.processed_samples,
            step=session.step,
            rtf=self._load.rtf,
            model_errors=session.errors.chunk_errors,
            gaps=self._gaps.seconds(),
            is_lighter=self._load.choice.is_lighter,
            weight_changed_at=self._load.choice.changed_at,
        )
        if view.drawn != before.drawn:
            view = replace(view, version=before.version + 1)
        self.view = view
        self._measure_latency(session)

    def _measure_latency(self, session: IdentifierSession) -> None:
        """Count the time from each new word's last sample to now, when the page can show it."""
        ends = session.take_word_ends()
        arrived = (self._arrivals.take(round(end * SAMPLE_RATE)) for end in ends)
        self._latencies.add([at for at in arrived if at is not None], time.monotonic())
