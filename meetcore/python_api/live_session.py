"""`LiveSession`: live transcription of audio that the caller pushes."""

from __future__ import annotations

from types import TracebackType

import numpy as np

from meetcore.models.identifier import Identifier
from meetcore.python_api.live_update import LiveUpdate
from meetcore.python_api.samples import checked_samples
from meetcore.python_api.transcript import Transcript
from meetcore.records import (
    SAMPLE_RATE,
    ModelsInUse,
    RejectedText,
    Samples,
    Segment,
    Speaker,
    Stage,
    Word,
)
from meetcore.text.languages import only_language
from meetcore.thread_counts import CallersThreadCounts
from meetcore.transcript.live_transcript import UnsavedSegments
from meetcore.transcript.reattribution import speakers_of, turns_of_segments

BLOCK_SAMPLES = SAMPLE_RATE // 10
"""The models get blocks of this length, so results do not depend on the caller's chunks."""


class LiveSession:
    """One live transcription; used by one thread at a time, closed at the end of its `with` block.

    Parameters
    ----------
    identifier : the loaded models; closed with the session, or if it cannot be opened
    language : ISO code, several with commas between, or None
    title : heading of the transcript
    notes : of the transcript
    max_speakers : largest number of speakers; None for no limit
    threads : the caller's, restored when the session is closed; until then torch and BLAS run
        on one thread each

    Examples
    --------
    >>> with meetcore.open_session() as session:  # doctest: +SKIP
    ...     for samples in microphone:  # blocks of any length, float32, mono, 16 kHz
    ...         for update in session.push(samples):
    ...             print("".join(word.text for word in update.words), end="", flush=True)
    >>> session.transcript().save("talk.srt")  # doctest: +SKIP
    """

    def __init__(
        self,
        identifier: Identifier,
        language: str | None = None,
        title: str = "",
        notes: tuple[str, ...] = (),
        max_speakers: int | None = None,
        threads: CallersThreadCounts | None = None,
    ) -> None:
        self._identifier = identifier
        self._threads = threads
        try:
            self._session = identifier.open_session("python", language, max_speakers)
        except BaseException:
            identifier.close()
            raise
        self._language = language
        self._title = title
        self._notes = notes
        self._waiting: Samples = np.zeros(0, dtype=np.float32)
        self._tentative: tuple[Word, ...] = ()
        self._n_segments = 0
        self._first_segment: dict[str, int] = {}
        """Position of the first segment of each speaker, in order."""
        self._rejected: list[RejectedText] = []
        self._ended = False

    @property
    def models(self) -> ModelsInUse:
        """Which models are loaded, and why not better ones."""
        return self._identifier.models

    def push(self, samples: Samples, sample_rate: int = SAMPLE_RATE) -> tuple[LiveUpdate, ...]:
        """Take the next samples; gives what changed, in order.

        Up to a tenth of a second of audio waits for the next call. A model that fails costs the
        words of that stretch only; `transcript().notes` counts such failures.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32 in [-1, 1], mono, 16 kHz
            Of any length; copied.
        sample_rate : of the samples, in Hz; only 16000 is accepted

        Raises
        ------
        ValueError
            The samples have another dtype, shape or rate, or the session was flushed or closed.
        """
        if self._ended:
            raise ValueError("This session has ended: open another one for more audio.")
        joined = np.concatenate((self._waiting, checked_samples(samples, sample_rate)))
        whole = joined.shape[0] - joined.shape[0] % BLOCK_SAMPLES
        self._waiting = joined[whole:].copy()
        updates = []
        for start in range(0, whole, BLOCK_SAMPLES):
            self._process(joined[start : start + BLOCK_SAMPLES])
            updates += self._update()
        return tuple(updates)

    def flush(self) -> tuple[LiveUpdate, ...]:
        """Transcribe what waits, commit all words and decide all speakers; ends the audio.

        Called at the end of the `with` block too, where `transcript()` has the result. Gives
        nothing when called again.
        """
        if self._ended:
            return ()
        self._ended = True
        if self._waiting.size:
            self._process(self._waiting)
        self._session.flush()
        return tuple(self._update())

    def transcript(self) -> Transcript:
        """What was said so far; words that are still tentative are left out."""
        segments = self._session.segments()
        self._rejected += self._session.take_rejected()
        return Transcript(
            segments=segments,
            speakers=speakers_of(segments, ()),
            stage=Stage.PROVISIONAL,
            rejected=tuple(self._rejected),
            title=self._title,
            turns=turns_of_segments(segments),
            language=only_language(self._language),
            duration=self._session.processed_samples / SAMPLE_RATE,
            notes=(*self._notes, *self._failures()),
        )

    def close(self) -> None:
        """Release the models; idempotent. Audio that was not flushed is dropped."""
        self._ended = True
        try:
            self._session.close()
            self._identifier.close()
        finally:
            if self._threads is not None:
                self._threads.restore()

    def __enter__(self) -> LiveSession:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.flush()
        finally:
            self.close()

    def _process(self, block: Samples) -> None:
        self._session.process_audio_chunk(block, self._session.processed_samples / SAMPLE_RATE)

    def _update(self) -> list[LiveUpdate]:
        """What changed since the last call, as one update or none."""
        changes = self._session.changes()
        n_new_words = len(self._session.take_word_ends())
        self._session.take_relabelled()
        tentative, speaker = self._session.tentative()
        if changes is None and tentative == self._tentative:
            return []
        self._tentative = tentative
        self._session.mark_stored()
        changes = changes or UnsavedSegments(self._n_segments, ())
        self._note_speakers(changes)
        update = LiveUpdate(
            at=self._session.processed_samples / SAMPLE_RATE,
            words=_last_words(changes.segments, n_new_words),
            first=changes.first_position,
            segments=changes.segments,
            tentative=tentative,
            tentative_speaker=speaker,
            speakers=tuple(Speaker(label) for label in self._first_segment),
        )
        return [update]

    def _note_speakers(self, changes: UnsavedSegments) -> None:
        """Keep who speaks first where; only the changed segments are looked at."""
        first = changes.first_position
        kept = {label: at for label, at in self._first_segment.items() if at < first}
        for position, segment in enumerate(changes.segments, first):
            if segment.speaker is not None:
                kept.setdefault(segment.speaker, position)
        self._first_segment = kept
        self._n_segments = first + len(changes.segments)

    def _failures(self) -> tuple[str, ...]:
        failed = self._session.errors.chunk_errors
        if not failed:
            return ()
        windows = "one window" if failed == 1 else f"{failed} windows"
        return (f"The models failed on {windows} of the audio; the log says why.",)


def _last_words(segments: tuple[Segment, ...], count: int) -> tuple[Word, ...]:
    """The last words of the segments; newly committed words are always those."""
    found: list[Word] = []
    for segment in reversed(segments):
        if len(found) >= count:
            break
        found[:0] = segment.words
    return tuple(found[len(found) - count :])
