"""`LoadControl`: fits one meeting's recognition to what the machine has time for."""

from __future__ import annotations

import logging
import math
from typing import Protocol

from meetcore.asr.live_recognizer import LiveRecognizer
from meetcore.live.overload import SETTLE_S, Allowance, WeightChoice
from meetcore.live.step_width import StepWidth
from meetcore.models.identifier_session import IdentifierSession

logger = logging.getLogger(__name__)

LONGEST_CHUNK_S = 2.0
"""Recognized in one go when there is a backlog; a stop, a pause or a jump to the present takes
effect in between."""
SHORTEST_CHUNK_S = 0.5
MOST_ADDED_S = 6.0
RTF_SPAN_S = 5.0
"""Seconds of audio over which the share of the time that recognition takes is averaged."""


class Streams(Protocol):
    """Opens streams of the usual and of a smaller recognizer; see BorrowedModels."""

    def open_words(self, lighter: bool) -> LiveRecognizer | None: ...


class LoadControl:
    """Widens steps, changes weights, and says when to jump. Used by the meeting's thread.

    Parameters
    ----------
    streams : opens the streams of the weight that is to write
    """

    def __init__(self, meeting_id: str, streams: Streams) -> None:
        self._meeting_id = meeting_id
        self._streams = streams
        self._allowance = Allowance(0.0, 0.0)
        self._step_width: StepWidth | None = None
        self.choice = WeightChoice()
        self.rtf = 0.0

    def begin(self, backlog: float, recorded: float) -> None:
        """A session begins, with a backlog where models were loaded late. Seconds."""
        self._allowance = Allowance(backlog, recorded)
        self._step_width = None
        self.choice = WeightChoice()

    def chunk(self) -> float:
        """Seconds of audio to recognize in one go: fewer where a chunk would take long."""
        return min(LONGEST_CHUNK_S, max(SHORTEST_CHUNK_S, LONGEST_CHUNK_S / max(self.rtf, 1e-9)))

    def must_jump(self, backlog: float, recorded: float) -> bool:
        """Whether the backlog is left to the second pass.

        What the next chunk will add to it counts already.
        """
        added = min(MOST_ADDED_S, self.rtf * min(self.chunk(), backlog))
        return backlog + added > self._allowance.at(recorded)

    def adapt(self, session: IdentifierSession, backlog: float, recorded: float) -> None:
        """Decode less often, or with a smaller weight, where the machine falls behind.

        Both are taken back when it has time again.
        """
        if not session.step:
            return
        if recorded - self._allowance.began >= SETTLE_S:
            self._choose_weight(session, backlog, recorded)
        width = self._step_width or StepWidth(session.step, session.step)
        self._step_width = width.next_step(backlog)
        if session.step != self._step_width.current:
            session.set_step(self._step_width.current)

    def measured(self, took: float, seconds: float) -> None:
        """So many seconds of audio took so long."""
        share = 1.0 - math.exp(-seconds / RTF_SPAN_S)
        self.rtf += share * (took / seconds - self.rtf)

    def _choose_weight(self, session: IdentifierSession, backlog: float, recorded: float) -> None:
        choice = self.choice.next(recorded, backlog, self.rtf)
        if choice.is_lighter != self.choice.is_lighter:
            stream = self._streams.open_words(choice.is_lighter)
            if stream is None:
                # There is no other weight, or it is still loading: asked again at the next step.
                return
            session.use_recognizer(stream)
            logger.info(
                "meeting %s: %s weight from %.0f s on",
                self._meeting_id,
                "a smaller" if choice.is_lighter else "the usual",
                recorded,
            )
        self.choice = choice
