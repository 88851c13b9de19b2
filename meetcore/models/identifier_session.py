"""The live transcription of one meeting over shared models: samples in, segments out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import numpy as np

from meetcore.asr.live_recognizer import LiveRecognizer, StreamUpdate
from meetcore.diarization.live_diarizer import LiveDiarizer, LiveTurns
from meetcore.diarization.voice_similarity import Voice
from meetcore.models.error_counter import ErrorCounter
from meetcore.models.stream_clock import StreamClock
from meetcore.records import (
    SAMPLE_RATE,
    RejectedText,
    Samples,
    Segment,
    TranscriptShape,
    Turn,
    Word,
)
from meetcore.records.error_summary import ErrorSummary
from meetcore.transcript.live_transcript import LiveTranscript, UnsavedSegments

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

SPLICE_SAMPLES = SAMPLE_RATE
"""Silence that the models get where audio is left out: a recognizer begins a new window after 0.8 s
of it (`StreamingOptions.reset`)."""


class IdentifierSession:
    """The live transcription of one meeting; used by one thread at a time.

    An error of a model is logged with its traceback and counted in `errors`; only the words or
    turns of that stretch of audio are lost.

    Parameters
    ----------
    meeting_id : for the log
    recognizer : gives the words; None where there is none
    diarizer : gives the turns; None for words without speakers
    """

    def __init__(
        self, meeting_id: str, recognizer: LiveRecognizer | None, diarizer: LiveDiarizer | None
    ) -> None:
        self._meeting_id = meeting_id
        self._recognizer = recognizer
        self._diarizer = diarizer
        self._words_clock = StreamClock()
        self._turns_clock = StreamClock()
        self._transcript = LiveTranscript(has_turns=diarizer is not None)
        self._errors = ErrorCounter()
        self._last_turns: tuple[Turn, ...] | None = None
        self._processed_samples = 0
        self._rejected: list[RejectedText] = []
        self._relabelled: list[tuple[str, str]] = []
        self._word_ends: list[float] = []

    @property
    def processed_samples(self) -> int:
        """Number of samples processed so far."""
        return self._processed_samples

    @property
    def has_recognizer(self) -> bool:
        """Whether there is a recognizer; without one no segments are made."""
        return self._recognizer is not None

    @property
    def errors(self) -> ErrorSummary:
        """Errors so far: their number and classes only, as messages may contain words."""
        return self._errors.summary()

    @property
    def step(self) -> float:
        """Seconds of new audio between two decodes, in force now; 0 without a recognizer."""
        return self._recognizer.step if self._recognizer else 0.0

    def set_step(self, step: float) -> None:
        """Set the seconds between two decodes; the live worker raises them when it falls behind."""
        if self._recognizer:
            self._recognizer.set_step(step)

    def process_audio_chunk(self, samples: Samples, chunk_start_time: float) -> tuple[Segment, ...]:
        """Transcribe the next chunk; returns the segments not stored yet.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz
        chunk_start_time : seconds on the meeting's clock, where the chunk before ended

        Returns
        -------
        tuple of Segment
            Segments that are new or changed since the last `mark_stored`.

        Raises
        ------
        ValueError
            There is a gap or an overlap between this chunk and the one before.
        """
        expected = self._processed_samples
        if abs(round(chunk_start_time * SAMPLE_RATE) - expected) > 1:
            raise ValueError(
                f"The chunk starts at {chunk_start_time:.3f} s, but"
                f" {expected / SAMPLE_RATE:.3f} s were processed; chunks must follow on each other."
            )
        self._processed_samples += samples.shape[0]
        return self._push(samples)

    def skip(self, n_samples: int) -> tuple[Segment, ...]:
        """Leave the next samples out: no words and no turns are made of them.

        The words before are committed. In place of the samples the models get a short silence, so
        that what was said before and after is not taken for one utterance.
        """
        self.commit_all()
        silence = np.zeros(min(n_samples, SPLICE_SAMPLES), dtype=np.float32)
        middle, left_out = silence.shape[0] // 2, n_samples - silence.shape[0]
        place = self._processed_samples, middle, left_out
        self._words_clock = self._words_clock.without(*place)
        self._turns_clock = self._turns_clock.without(*place)
        self._processed_samples += n_samples
        return self._push(silence)

    def use_recognizer(self, recognizer: LiveRecognizer) -> None:
        """Have another recognizer write from here on; the words so far are committed."""
        self.commit_all()
        if self._recognizer:
            self._recognizer.close()
        self._recognizer = recognizer
        self._words_clock = StreamClock(self._processed_samples)

    def commit_all(self) -> tuple[Segment, ...]:
        """Commit all words so far, at a break in the audio; more chunks may follow."""
        if self._recognizer:
            self._take_words(self._guarded(self._recognizer.flush))
        return self._changed()

    def flush(self) -> tuple[Segment, ...]:
        """Transcribe the rest of the audio and give all speech a speaker, at the meeting's end."""
        if self._recognizer:
            self._take_words(self._guarded(self._recognizer.flush))
        if self._diarizer:
            self._take_turns(self._guarded(self._diarizer.flush))
        return self._changed()

    def close(self) -> None:
        """Release the audio; idempotent. The segments stay."""
        for stream in (self._recognizer, self._diarizer):
            if stream is not None:
                stream.close()
        self._recognizer = self._diarizer = None

    def segments(self) -> tuple[Segment, ...]:
        """All committed words as segments by speaker."""
        return self._transcript.segments()

    def settle(self, words: Sequence[Word], until: float) -> None:
        """Replace the words up to a time in seconds by those of the second pass."""
        self._transcript.settle(words, until)

    def shape(self) -> TranscriptShape:
        """Which segments may still change."""
        return self._transcript.shape

    def labels(self) -> tuple[str, ...]:
        """The labels of all segments, in the order in which they first spoke."""
        return self._transcript.labels()

    def merged(self) -> Mapping[str, str]:
        """All labels that were replaced since the meeting began, old to the one in force."""
        return self._transcript.merged

    def tentative(self) -> tuple[tuple[Word, ...], str | None]:
        """Words that may still change, and the label of their likely speaker."""
        return self._transcript.tentative, self._transcript.tentative_speaker

    def changes(self) -> UnsavedSegments | None:
        """What changed since the last `mark_stored`; see LiveTranscript.changes."""
        return self._transcript.changes()

    def mark_stored(self) -> None:
        """Record that the latest changes are saved."""
        self._transcript.mark_stored()

    def take_rejected(self) -> tuple[RejectedText, ...]:
        """Text that the gate rejected since the last call."""
        taken = tuple(self._rejected)
        self._rejected.clear()
        return taken

    def take_relabelled(self) -> tuple[tuple[str, str], ...]:
        """Labels replaced since the last call, as (old, new)."""
        taken = tuple(self._relabelled)
        self._relabelled.clear()
        return taken

    def take_word_ends(self) -> tuple[float, ...]:
        """End times in seconds of the words committed since the last call, to measure latency."""
        taken = tuple(self._word_ends)
        self._word_ends.clear()
        return taken

    def voices(self) -> dict[str, Voice]:
        """The voice of each speaker so far, by label; empty once closed."""
        return self._diarizer.voices() if self._diarizer else {}

    def _push(self, samples: Samples) -> tuple[Segment, ...]:
        if self._recognizer:
            self._take_words(self._guarded(partial(self._recognizer.push, samples)))
        if self._diarizer:
            self._take_turns(self._guarded(partial(self._diarizer.push, samples)))
        return self._changed()

    def _changed(self) -> tuple[Segment, ...]:
        changes = self._transcript.changes()
        return changes.segments if changes else ()

    def _take_words(self, update: StreamUpdate | None) -> None:
        if update is None:
            return
        committed = self._words_clock.placed(update.committed)
        self._transcript.commit(committed)
        self._word_ends.extend(word.end for word in committed)
        self._transcript.set_tentative(self._words_clock.placed(update.tentative))
        self._rejected.extend(self._words_clock.placed(update.rejected))

    def _take_turns(self, update: LiveTurns | None) -> None:
        if update is None:
            return
        if update.relabelled:
            self._transcript.relabel(dict(update.relabelled))
            self._relabelled.extend(update.relabelled)
        # The tuple stays the same between two hops of the diarizer, which is most of the time.
        if update.turns is not self._last_turns or update.relabelled:
            self._last_turns = update.turns
            clock = self._turns_clock
            self._transcript.set_turns(
                clock.placed(update.turns), clock.seconds(update.settled_until)
            )

    def _guarded(self, step: Callable[[], Result]) -> Result | None:
        """Run one step of a model; None after an error, which is counted and logged.

        The except is broad because a library may raise anything, and an error of the words must
        stop neither the speakers nor the meeting.
        """
        try:
            return step()
        except Exception as error:
            logger.exception("meeting %s: a step of a model failed", self._meeting_id)
            self._errors.add(error)
            return None
