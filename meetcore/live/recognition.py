"""Recognition of one running meeting: what is new on disk becomes words in the store."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from meetcore.audio.recording import RecordingReader
from meetcore.diarization.profiles.matching import ProfileMatch
from meetcore.errors import RecordingError
from meetcore.live.persistence import Ledger
from meetcore.live.step_width import Pace
from meetcore.live.word_latency import Arrivals, Latencies, Percentiles
from meetcore.models.identifier_session import IdentifierSession
from meetcore.records import SAMPLE_RATE, Segment, Speaker, Word
from meetcore.records.trouble import Trouble

logger = logging.getLogger(__name__)

LONGEST_CHUNK_SAMPLES = 10 * SAMPLE_RATE
"""What is heard in one go when there is a backlog; stop and pause are seen in between."""
LEAST_CHUNK_SAMPLES = SAMPLE_RATE // 20
VOICES_SAMPLES = 5 * SAMPLE_RATE
"""How often enrolled voices are looked for."""
LATE_SAMPLES = 60 * SAMPLE_RATE
"""Models that come after the end do not hear more than this twice: the second pass is next."""

Recognise = Callable[[IdentifierSession], Mapping[str, ProfileMatch]]


@dataclass(frozen=True, slots=True)
class HeardView:
    """What recognition has to show; replaced as a whole."""

    segments: tuple[Segment, ...] = ()
    tentative: tuple[Word, ...] = ()
    tentative_speaker: str | None = None
    heard_samples: int = 0
    step: float = 0.0
    rtf: float = 0.0
    chunk_errors: int = 0


class Hearing:
    """Reads the recording back from the disk, so that a backlog costs no memory.

    Used by the meeting's thread, except for `view`, `version`, `has_session`, `trouble` and
    `latency`. A meeting without a recognizer climbs as soon as there is one: it then hears its
    recording from the beginning, as after models that loaded late.

    Parameters
    ----------
    open_session : gives a session over the models in force; None while there are none, and when
        the meeting has one over them already
    ledger : what the store knows of this meeting
    recognise : names enrolled voices among those heard so far
    arrivals : when the recording's samples came
    """

    def __init__(
        self,
        meeting_id: str,
        reader: RecordingReader,
        open_session: Callable[[], IdentifierSession | None],
        ledger: Ledger,
        recognise: Recognise,
        arrivals: Arrivals,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._meeting_id = meeting_id
        self._reader = reader
        self._open_session = open_session
        self._ledger = ledger
        self._session: IdentifierSession | None = None
        self._pace: Pace | None = None
        self._recognise = recognise
        self._recognise_at = VOICES_SAMPLES
        self._arrivals = arrivals
        self._clock = clock
        self._latencies = Latencies()
        self.view = HeardView()
        self.version = 0
        """Grows with every change of the view that a page would draw."""

    @property
    def has_session(self) -> bool:
        """Whether the models were there."""
        return self._session is not None

    @property
    def trouble(self) -> Trouble:
        """Errors of single windows."""
        session = self._session
        return session.trouble if session is not None else Trouble()

    @property
    def latency(self) -> Percentiles:
        """Seconds from microphone to page of half of the newest words, and of 95 in 100."""
        return self._latencies.percentiles(self._clock())

    def speakers(self) -> tuple[Speaker, ...]:
        """Everybody the view names."""
        view = self.view
        labels = dict.fromkeys(item.speaker for item in view.segments if item.speaker)
        if view.tentative_speaker:
            labels[view.tentative_speaker] = None
        return tuple(self._ledger.speaker(label) for label in labels)

    def hear(self, available: int, least: int = LEAST_CHUNK_SAMPLES) -> bool:
        """Process the next chunk of the samples on disk; False when there is nothing to do.

        Parameters
        ----------
        available : samples on disk
        least : fewer new samples than this wait for more
        """
        session = self._current()
        if session is None or available - session.heard_samples < least:
            return False
        begin = session.heard_samples
        samples = self._reader.read(begin, min(available, begin + LONGEST_CHUNK_SAMPLES))
        if not samples.shape[0]:
            return False
        self._adapt(session, (available - begin) / SAMPLE_RATE)
        started = time.perf_counter()
        session.process_audio_chunk(samples, begin / SAMPLE_RATE)
        self._greet(session)
        took = time.perf_counter() - started
        self._save_and_show(session, available, took / (samples.shape[0] / SAMPLE_RATE))
        return True

    def save(self, available: int) -> None:
        """Try again what the store refused; nothing to do most of the time."""
        if self._session is not None:
            self._ledger.save(self._session, available / SAMPLE_RATE)

    def settle(self, available: int) -> None:
        """Commit what was said up to a break; the meeting goes on."""
        if self._session is not None:
            self._hear_rest(available)
            self._session.settle()
            self._save_and_show(self._session, available)

    def finish(self, available: int) -> None:
        """Hear the rest, commit and store every word, and release the session.

        A meeting that ended before the models were there is left to the second pass, unless it
        is short.
        """
        session = self._session or (self._current() if available <= LATE_SAMPLES else None)
        if session is None:
            return
        try:
            self._hear_rest(available)
            session.flush()
            self._ledger.merge(session.take_relabelled())
            self._show(session)
            self._ledger.save_last(session, available / SAMPLE_RATE)
        finally:
            session.close()

    def _current(self) -> IdentifierSession | None:
        """The session; one that hears no words is left for a better one."""
        before = self._session
        if before is None or not before.hears_words:
            opened = self._open_session()
            if opened is not None:
                self._session = opened
                if before is not None:
                    before.close()
        return self._session

    def _greet(self, session: IdentifierSession) -> None:
        """Now and then, see whether an enrolled voice is among those heard."""
        if session.heard_samples < self._recognise_at:
            return
        self._recognise_at = session.heard_samples + VOICES_SAMPLES
        for label, found in self._recognise(session).items():
            self._ledger.recognise(label, found)

    def _hear_rest(self, available: int) -> None:
        """A disk that does not give the rest back costs only the rest."""
        try:
            while self.hear(available, 1):
                pass
        except RecordingError:
            logger.exception("meeting %s: the last words could not be heard", self._meeting_id)

    def _adapt(self, session: IdentifierSession, backlog: float) -> None:
        """Widen the step of a machine that falls behind, narrow it again later."""
        if not session.step:
            return
        pace = self._pace or Pace(session.step, session.step)
        self._pace = pace.after(backlog)
        if session.step != self._pace.step:
            session.set_step(self._pace.step)

    def _save_and_show(
        self, session: IdentifierSession, available: int, rtf: float | None = None
    ) -> None:
        """Store what settled, then let the page see it."""
        self._ledger.merge(session.take_relabelled())
        self._ledger.save(session, available / SAMPLE_RATE)
        self._show(session, rtf)

    def _show(self, session: IdentifierSession, rtf: float | None = None) -> None:
        tentative, speaker = session.tentative()
        before, trouble = self.view, session.trouble
        view = replace(
            before,
            segments=session.segments(),
            tentative=tentative,
            tentative_speaker=speaker,
            heard_samples=session.heard_samples,
            step=session.step,
            rtf=before.rtf if rtf is None else 0.9 * before.rtf + 0.1 * rtf,
            chunk_errors=trouble.chunk_errors,
        )
        self.view = view
        self._measure(session)
        if _drawn(view) != _drawn(before):
            self.version += 1

    def _measure(self, session: IdentifierSession) -> None:
        """How long ago the words came that can be read from now on."""
        ends = session.take_word_ends()
        arrived = (self._arrivals.take(round(end * SAMPLE_RATE)) for end in ends)
        self._latencies.add([at for at in arrived if at is not None], self._clock())


def _drawn(view: HeardView) -> tuple[object, ...]:
    return view.segments, view.tentative, view.tentative_speaker, view.chunk_errors
