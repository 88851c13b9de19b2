"""`meetcore.open_session`: audio of the caller's to words and speakers, while it is spoken."""

from __future__ import annotations

from types import TracebackType

import numpy as np

from meetcore.errors import ModelUnavailableError
from meetcore.models.identifier import Identifier, create_speaker_identifier
from meetcore.models.identifier_session import IdentifierSession
from meetcore.python_api.live_update import LiveUpdate
from meetcore.python_api.samples import checked_samples
from meetcore.python_api.transcript import Transcript
from meetcore.records import (
    SAMPLE_RATE,
    Mode,
    ModelsInUse,
    RejectedText,
    Samples,
    Segment,
    Stage,
    Word,
)
from meetcore.settings import Settings, load_settings
from meetcore.transcript.reattribution import speakers_of, turns_of_segments
from meetcore.weights.names import unknown_recognizer

BLOCK_SAMPLES = SAMPLE_RATE // 10
"""The models get blocks of this length, so results do not depend on the caller's chunks."""


def open_session(
    *,
    language: str | None = None,
    recognizer: str = "",
    speakers: bool = True,
    title: str = "",
    settings: Settings | None = None,
) -> LiveSession:
    """Load the models and begin a live transcription; use it in a `with` block.

    Parameters
    ----------
    language : str, optional
        ISO code; None takes the one of the settings, else detects it where the weight can.
    recognizer : str
        Name of a weight, or a path to one; empty takes the live recognizer of the settings.
    speakers : bool
        False leaves words without speakers, and loads no diarizer.
    title : str
        Heading of the transcript.
    settings : Settings, optional
        None reads them from the environment and `.env`.

    Raises
    ------
    ModelUnavailableError
        No recognizer could be loaded; the message holds the remedy. Without a diarizer words have
        no speaker, and `session.models.reason` says why.
    SettingsError
        A setting in the environment does not fit.
    ValueError
        No weight has the name of `recognizer`.

    Examples
    --------
    Blocks of a second from any source, as float32, mono, 16 kHz:

    >>> with meetcore.open_session() as session:  # doctest: +SKIP
    ...     for samples in microphone:
    ...         for update in session.push(samples):
    ...             print("".join(word.text for word in update.words), end="", flush=True)
    >>> session.transcript().save("talk.srt")  # doctest: +SKIP
    """
    if problem := unknown_recognizer(recognizer):
        raise ValueError(problem)
    settings = settings or load_settings()
    changes = {"recognizer": recognizer, "live_recognizer": recognizer} if recognizer else {}
    if not speakers:
        changes["diarizer"] = "off"
    identifier = create_speaker_identifier(settings.model_copy(update=changes))
    if identifier.models.mode is Mode.RECORDING_ONLY:
        identifier.close()
        raise ModelUnavailableError(identifier.models.reason)
    notes = tuple(rung.reason for rung in identifier.models.rungs_left) if speakers else ()
    return LiveSession(identifier, language or settings.language, title, notes)


class LiveSession:
    """One live transcription; used by one thread at a time, closed at the end of its `with` block.

    Parameters
    ----------
    identifier : the loaded models; closed with the session
    language : ISO code, or None
    title : heading of the transcript
    notes : of the transcript
    """

    def __init__(
        self,
        identifier: Identifier,
        language: str | None = None,
        title: str = "",
        notes: tuple[str, ...] = (),
    ) -> None:
        self._identifier = identifier
        self._session: IdentifierSession = identifier.open_session("python", language)
        self._language = language
        self._title = title
        self._notes = notes
        self._waiting: Samples = np.zeros(0, dtype=np.float32)
        self._n_words = 0
        self._tentative: tuple[Word, ...] = ()
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
            language=self._language,
            duration=self._session.processed_samples / SAMPLE_RATE,
            notes=(*self._notes, *self._failures()),
        )

    def close(self) -> None:
        """Release the models; idempotent. Audio that was not flushed is dropped."""
        self._ended = True
        self._session.close()
        self._identifier.close()

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
        tentative, speaker = self._session.tentative()
        if changes is None and tentative == self._tentative:
            return []
        self._tentative = tentative
        self._session.mark_stored()
        segments = self._session.segments()
        first = changes.first_position if changes else len(segments)
        update = LiveUpdate(
            at=self._session.processed_samples / SAMPLE_RATE,
            words=self._new_words(segments),
            first=first,
            segments=segments[first:],
            tentative=tentative,
            tentative_speaker=speaker,
            speakers=speakers_of(segments, ()),
        )
        return [update]

    def _new_words(self, segments: tuple[Segment, ...]) -> tuple[Word, ...]:
        """The words committed since the last call: always the last ones."""
        total = sum(len(segment.words) for segment in segments)
        fresh: list[Word] = []
        for segment in reversed(segments):
            if len(fresh) >= total - self._n_words:
                break
            fresh[:0] = segment.words
        count, self._n_words = total - self._n_words, total
        return tuple(fresh[len(fresh) - count :])

    def _failures(self) -> tuple[str, ...]:
        failed = self._session.errors.chunk_errors
        if not failed:
            return ()
        return (f"The models failed on {failed} windows of the audio; the log says why.",)
