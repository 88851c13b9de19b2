"""The protocol of live diarization: samples of one meeting in, turns by speaker out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from meetcore.diarization.voice_similarity import Voice
from meetcore.records import Samples, Turn


@dataclass(frozen=True, slots=True)
class LiveTurns:
    """Who spoke when so far; all times are seconds on the meeting's clock.

    Turns do not overlap and are in order; speech whose speaker is not known yet has no turn.
    """

    turns: tuple[Turn, ...] = ()
    """The turns of the last minutes; after `flush` all. The same tuple while nothing changes."""
    settled_until: float = 0.0
    """Turns before this time change only when a speaker becomes known or two are merged."""
    relabelled: tuple[tuple[str, str], ...] = ()
    """Labels replaced since the update before, as (old, new)."""


class LiveDiarizer(Protocol):
    """Live diarization of one meeting; used by one thread at a time."""

    def push(self, samples: Samples) -> LiveTurns:
        """Take the next samples; returns the turns of the last minutes.

        Any chunking of the same audio must give the same turns.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz

        Raises
        ------
        InferenceError
            A model failed on some of the audio; the caller may go on pushing.
        """
        ...

    def flush(self) -> LiveTurns:
        """Process the rest of the audio, and give all speech a speaker; returns all turns.

        Raises
        ------
        InferenceError
            A model failed on the rest.
        """
        ...

    def voices(self) -> dict[str, Voice]:
        """The voice of each speaker so far, by the labels of the turns."""
        ...

    def close(self) -> None:
        """Release the audio; idempotent. The shared models stay loaded."""
        ...
