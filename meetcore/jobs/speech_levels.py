"""Whether the speech of a recording is so quiet that the user should be told."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.records import LevelCount

VERY_QUIET_DB = -50.0
"""Speech of a usual recording is at about -25 dB; from here on, converters add audible noise."""
LOWEST_DB = -120


class SpeechLevels:
    """Collects the levels of speech of a recording's pieces.

    Parameters
    ----------
    counts : of an earlier `SpeechLevels`, to go on after it
    """

    def __init__(self, counts: Iterable[LevelCount] = ()) -> None:
        self._words: Counter[int] = Counter(dict(counts))
        """By the level of their piece, in whole dB of full scale."""

    def add(self, piece: PieceWords) -> None:
        """Count the words of a piece."""
        if piece.speech_level_db is not None and piece.words:
            level = round(min(max(piece.speech_level_db, LOWEST_DB), 0))
            self._words[level] += len(piece.words)

    def counts(self) -> tuple[LevelCount, ...]:
        """What was collected, one entry for each level that occurred."""
        return tuple(sorted(self._words.items()))

    def sentence(self) -> str:
        """That half of the words or more are very quiet, and what helps; else empty."""
        level = statistics.median(self._words.elements()) if self._words else 0.0
        if level > VERY_QUIET_DB:
            return ""
        return (
            f"The recording is very quiet (speech at {level:.0f} dB);"
            " move closer to the microphone next time."
        )
