"""The protocol of live recognition: samples of one meeting in, words as they become final out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from meetcore.records import RejectedText, Samples, Word


@dataclass(frozen=True, slots=True)
class StreamUpdate:
    """What a push or flush found; all times are seconds on the meeting's clock."""

    committed: tuple[Word, ...] = ()
    """Words that are new and will not change."""
    tentative: tuple[Word, ...] = ()
    """Words after them that may still change; they replace those of the update before."""
    rejected: tuple[RejectedText, ...] = ()
    """Text that the hallucination gate rejected since the update before."""


class LiveRecognizer(Protocol):
    """Live recognition of one meeting; used by one thread at a time."""

    @property
    def step(self) -> float:
        """Seconds of new audio between two decodes, in force now."""
        ...

    def set_step(self, step: float) -> None:
        """Change the step; called with a longer one when recognition falls behind.

        A recognizer that decodes frame by frame may ignore it.

        Parameters
        ----------
        step : seconds
        """
        ...

    def push(self, samples: Samples) -> StreamUpdate:
        """Take the next samples and return what they made final or changed.

        Any chunking of the same audio must give the same committed words.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz

        Raises
        ------
        InferenceError
            The model failed on some of the audio; the caller may go on pushing.
        """
        ...

    def flush(self) -> StreamUpdate:
        """Commit all words of the audio so far, at its end or at a break; push may follow.

        Raises
        ------
        InferenceError
            The model failed on the rest of the audio.
        """
        ...

    def close(self) -> None:
        """Release the audio; idempotent. The shared model stays loaded."""
        ...
