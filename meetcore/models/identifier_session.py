"""One meeting's own state over the shared models: samples in, attributed words out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from meetcore.asr.streaming.recognizer import StreamUpdate
from meetcore.diarization.scoring import Voice
from meetcore.diarization.streaming.diarizer import LiveTurns
from meetcore.models.error_counter import ErrorCounter
from meetcore.records import SAMPLE_RATE, RejectedText, Samples, Segment, Turn, Word
from meetcore.records.error_summary import ErrorSummary
from meetcore.transcript.state import Changes, LiveTranscript

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


class WordStream(Protocol):
    """Words of one meeting; see meetcore.asr.streaming.recognizer.StreamingRecognizer."""

    @property
    def step(self) -> float: ...
    def set_step(self, step: float) -> None: ...
    def push(self, samples: Samples) -> StreamUpdate: ...
    def flush(self) -> StreamUpdate: ...
    def close(self) -> None: ...


class TurnStream(Protocol):
    """Turns of one meeting; see meetcore.diarization.streaming.diarizer.LiveDiarizer."""

    def push(self, samples: Samples) -> LiveTurns: ...
    def flush(self) -> LiveTurns: ...
    def voices(self) -> dict[str, Voice]: ...
    def close(self) -> None: ...


class IdentifierSession:
    """The live transcription of one meeting; used by one thread at a time.

    A failure inside one chunk is logged with its traceback and counted; it costs that window of
    text only. `close` releases the buffers and is idempotent.
    """

    def __init__(self, meeting_id: str, words: WordStream | None, turns: TurnStream | None) -> None:
        self._meeting_id = meeting_id
        self._words = words
        self._turns = turns
        self._transcript = LiveTranscript(has_turns=turns is not None)
        self._errors = ErrorCounter()
        self._turns_seen: tuple[Turn, ...] | None = None
        self._heard_samples = 0
        self._rejected: list[RejectedText] = []
        self._relabelled: list[tuple[str, str]] = []
        self._fresh_ends: list[float] = []

    @property
    def heard_samples(self) -> int:
        """How many samples of the meeting were processed."""
        return self._heard_samples

    @property
    def hears_words(self) -> bool:
        """Whether there is a recognizer; without one the recording is all there is."""
        return self._words is not None

    @property
    def errors(self) -> ErrorSummary:
        """Errors of single windows: their classes, as their texts may hold words."""
        return self._errors.summary()

    @property
    def step(self) -> float:
        """Seconds of new audio between two decodes, now in force."""
        return self._words.step if self._words else 0.0

    def set_step(self, step: float) -> None:
        """Decode more seldom or more often; the worker asks when it falls behind."""
        if self._words:
            self._words.set_step(step)

    def process_audio_chunk(self, samples: Samples, chunk_start_time: float) -> tuple[Segment, ...]:
        """Hear a chunk; gives the segments that are new or changed.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz
        chunk_start_time : seconds on the meeting's clock; must follow on the chunk before
        """
        expected = self._heard_samples
        if abs(round(chunk_start_time * SAMPLE_RATE) - expected) > 1:
            raise ValueError(
                f"The chunk starts at {chunk_start_time:.3f} s, but"
                f" {expected / SAMPLE_RATE:.3f} s were heard; chunks must follow on each other."
            )
        self._heard_samples += samples.shape[0]
        if self._words:
            self._take_words(self._guarded(partial(self._words.push, samples)))
        if self._turns:
            self._take_turns(self._guarded(partial(self._turns.push, samples)))
        return self._changed()

    def settle(self) -> tuple[Segment, ...]:
        """Commit all words heard so far, at a break in the audio; the session goes on."""
        if self._words:
            self._take_words(self._guarded(self._words.flush))
        return self._changed()

    def flush(self) -> tuple[Segment, ...]:
        """Transcribe the rest of the buffer and decide every speaker still open."""
        if self._words:
            self._take_words(self._guarded(self._words.flush))
        if self._turns:
            self._take_turns(self._guarded(self._turns.flush))
        return self._changed()

    def close(self) -> None:
        """Release the buffers; idempotent."""
        for stream in (self._words, self._turns):
            if stream is not None:
                stream.close()
        self._words = self._turns = None

    def segments(self) -> tuple[Segment, ...]:
        """All committed words, by speaker."""
        return self._transcript.segments()

    def tentative(self) -> tuple[tuple[Word, ...], str | None]:
        """Words that may still change, and who seems to be saying them."""
        return self._transcript.tentative, self._transcript.tentative_speaker

    def changes(self) -> Changes | None:
        """What the store lacks; see LiveTranscript.changes."""
        return self._transcript.changes()

    def mark_stored(self) -> None:
        """The latest changes are saved."""
        self._transcript.mark_stored()

    def take_rejected(self) -> tuple[RejectedText, ...]:
        """Text the gate held back since the last call."""
        taken = tuple(self._rejected)
        self._rejected.clear()
        return taken

    def take_relabelled(self) -> tuple[tuple[str, str], ...]:
        """Labels that proved to be another speaker's since the last call: old, new."""
        taken = tuple(self._relabelled)
        self._relabelled.clear()
        return taken

    def take_word_ends(self) -> tuple[float, ...]:
        """When the words ended that were committed since the last call, for their latency."""
        taken = tuple(self._fresh_ends)
        self._fresh_ends.clear()
        return taken

    def voices(self) -> dict[str, Voice]:
        """What was heard of each speaker so far, by label; empty once closed."""
        return self._turns.voices() if self._turns else {}

    def _changed(self) -> tuple[Segment, ...]:
        changes = self._transcript.changes()
        return changes.segments if changes else ()

    def _take_words(self, update: StreamUpdate | None) -> None:
        if update is None:
            return
        self._transcript.commit(update.committed)
        self._fresh_ends.extend(word.end for word in update.committed)
        self._transcript.set_tentative(update.tentative)
        self._rejected.extend(update.rejected)

    def _take_turns(self, update: LiveTurns | None) -> None:
        if update is None:
            return
        if update.relabelled:
            self._transcript.relabel(dict(update.relabelled))
            self._relabelled.extend(update.relabelled)
        # Between two hops of the diarizer, which is most of the time, nothing is new.
        if update.turns is not self._turns_seen or update.relabelled:
            self._turns_seen = update.turns
            self._transcript.set_turns(update.turns, update.settled_until)

    def _guarded(self, step: Callable[[], Result]) -> Result | None:
        """Run one step of a model; a failure is counted and gives None.

        This is the one place below a thread's top with a broad except: a library may raise
        anything, and neither words nor speakers may take each other, or the meeting, down.
        """
        try:
            return step()
        except Exception as error:
            logger.exception("meeting %s: a window failed", self._meeting_id)
            self._errors.add(error)
            return None
