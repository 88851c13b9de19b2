"""Fake models whose words and turns follow from the time, and a store that fails on request."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from meetcore.asr.live_recognizer import StreamUpdate
from meetcore.audio.pcm import Pcm, to_pcm
from meetcore.diarization.live_diarizer import LiveTurns
from meetcore.diarization.offline.diarize_recording import Diarization
from meetcore.errors import InferenceError, StoreError
from meetcore.models.identifier_session import IdentifierSession
from meetcore.records import SAMPLE_RATE, Mode, ModelsInUse, Samples, Segment, Turn, Word
from tests.asr.fakes import ScriptedRecognizer, spoken

WORD_S = 0.5
TURN_S = 2.0


def until(condition: Callable[[], Any], timeout_s: float = 60.0) -> None:
    """Wait until a condition holds; fail after `timeout_s`; long, as machines may be busy."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true"
        time.sleep(0.005)


def talk(seconds: float) -> Pcm:
    """Audio in which the scripted recognizer finds a word every half second."""
    starts = np.arange(0.1, seconds - 0.3, WORD_S)
    return to_pcm(spoken(list(starts), seconds))


class ClockWords:
    """A word stream with word number n, from 0, in the n-th half second, committed a word later."""

    def __init__(self, step: float = 0.6) -> None:
        self.base = step
        self.step = step
        self.steps: list[float] = []
        self.heard = 0
        self.said = 0
        self.failures = 0
        """How many of the next calls fail."""
        self.closed = False

    def set_step(self, step: float) -> None:
        self.step = step
        self.steps.append(step)

    def push(self, samples: Samples) -> StreamUpdate:
        self.heard += samples.shape[0]
        self._maybe_fail()
        ready = int(self.heard / SAMPLE_RATE / WORD_S)
        return self._update(max(self.said, ready - 1), ready)

    def flush(self) -> StreamUpdate:
        self._maybe_fail()
        ready = int(np.ceil(self.heard / SAMPLE_RATE / WORD_S))
        return self._update(ready, ready)

    def close(self) -> None:
        self.closed = True

    def _maybe_fail(self) -> None:
        if self.failures > 0:
            self.failures -= 1
            raise InferenceError("The engine failed on this window.")

    def _update(self, committed: int, ready: int) -> StreamUpdate:
        words = tuple(
            Word(f" w{n}.", n * WORD_S, n * WORD_S + 0.4) for n in range(self.said, ready)
        )
        split = committed - self.said
        self.said = committed
        return StreamUpdate(words[:split], words[split:])


class ClockTurns:
    """A turn stream: S1 and S2 alternate every two seconds; `relabel` merges labels from then."""

    def __init__(self) -> None:
        self.heard = 0
        self.merged: dict[str, str] = {}
        self._new_merges: list[tuple[str, str]] = []
        self.closed = False

    def relabel(self, old: str, new: str) -> None:
        self.merged[old] = new
        self._new_merges.append((old, new))

    def push(self, samples: Samples) -> LiveTurns:
        self.heard += samples.shape[0]
        end = self.heard / SAMPLE_RATE
        turns = turns_until(end, self.merged)
        news, self._new_merges = tuple(self._new_merges), []
        return LiveTurns(turns, max(0.0, end - 3.0), news)

    def flush(self) -> LiveTurns:
        end = self.heard / SAMPLE_RATE
        return LiveTurns(turns_until(end, self.merged), end)

    def close(self) -> None:
        self.closed = True


def turns_until(end: float, merged: dict[str, str] | None = None) -> tuple[Turn, ...]:
    turns = []
    for number in range(int(np.ceil(end / TURN_S))):
        label = f"S{number % 2 + 1}"
        label = (merged or {}).get(label, label)
        turns.append(Turn(number * TURN_S, min(end, (number + 1) * TURN_S), label))
    return tuple(turns)


class NamedWeight:
    """An embedding model that only has the name of its weight."""

    weight = "clock"


class ClockDiarizer:
    """A diarizer that finds the same speakers in the second pass, with the labels swapped."""

    def __init__(self, error: Exception | None = None, extra: Sequence[Turn] = ()) -> None:
        self.error = error
        self.extra = tuple(extra)
        self.name = "clock"
        self.embedding = NamedWeight()

    def open_live(self, max_speakers: int | None = None) -> Any:
        return ClockTurns()

    def diarize(
        self, read: Any, total_samples: int, wanted: Any = None, **options: Any
    ) -> Diarization:
        self.wanted = wanted
        options["progress"](0.0)
        if self.error is not None:
            raise self.error
        turns = turns_until(total_samples / SAMPLE_RATE, {"S1": "S2", "S2": "S1"})
        options["progress"](1.0)
        return Diarization(turns, (*turns, *self.extra), 2)


class SlowRecognizer(ScriptedRecognizer):
    """Blocks in each window of the second pass until `leave` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.leave = threading.Event()
        self.asked = threading.Event()

    def recognize(self, samples: Any, options: Any) -> Any:
        self.asked.set()
        self.leave.wait(20)
        return super().recognize(samples, options)


@dataclass
class StandIn:
    """An identifier with fake models; keeps the streams of every session it opened."""

    recognizer: Any = field(default_factory=ScriptedRecognizer)
    diarizer: Any = field(default_factory=ClockDiarizer)
    mode: Mode = Mode.FULL
    reason: str = "Everything is loaded."
    words: list[ClockWords] = field(default_factory=list)
    turns: list[ClockTurns] = field(default_factory=list)
    closed: bool = False
    make_words: Callable[[], Any] = ClockWords
    make_lighter_words: Callable[[], Any] | None = None
    """Makes the streams of a smaller recognizer; None where there is none."""
    lighter_words: list[ClockWords] = field(default_factory=list)

    @property
    def models(self) -> ModelsInUse:
        return ModelsInUse(self.mode, "live", "final", "clock", self.reason)

    def open_session(
        self, meeting_id: str, language: str | None = None, max_speakers: int | None = None
    ) -> IdentifierSession:
        if self.mode is Mode.RECORDING_ONLY:
            return IdentifierSession(meeting_id, None, None)
        self.words.append(self.make_words())
        if self.mode is Mode.FULL:
            self.turns.append(ClockTurns())
            return IdentifierSession(meeting_id, self.words[-1], self.turns[-1])
        return IdentifierSession(meeting_id, self.words[-1], None)

    def language_probabilities(self, samples: Samples) -> dict[str, float]:
        return {"en": 1.0}

    def models_for(self, language: str | None) -> ModelsInUse:
        return self.models

    def open_words(self, language: str | None = None) -> Any:
        self.words.append(self.make_words())
        return self.words[-1]

    def open_lighter_words(self, language: str | None = None) -> Any:
        if self.make_lighter_words is None:
            return None
        self.lighter_words.append(self.make_lighter_words())
        return self.lighter_words[-1]

    def close(self) -> None:
        self.closed = True


class RefusingStore:
    """A store whose methods named in `refused` raise StoreError, as with a locked database.

    Names may be "update", "jobs.put" or "*" for all.
    """

    def __init__(self, store: Any, root: RefusingStore | None = None, prefix: str = "") -> None:
        self._store = store
        self._root = root or self
        self._prefix = prefix
        if root is None:
            self.refused: set[str] = set()
            self.refusals = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if not callable(method):
            return RefusingStore(method, self._root, f"{name}.")
        root = self._root

        def call(*arguments: Any, **options: Any) -> Any:
            if f"{self._prefix}{name}" in root.refused or "*" in root.refused:
                root.refusals += 1
                raise StoreError("The database is locked.")
            return method(*arguments, **options)

        return call


def texts(segments: Sequence[Segment]) -> list[str]:
    return [word.text.strip(" .") for segment in segments for word in segment.words]
