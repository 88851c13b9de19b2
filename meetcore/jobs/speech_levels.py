"""Whether the speech of a recording is so quiet that the user should be told."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from meetcore.asr.offline.recognize_recording import PieceWords

VERY_QUIET_DB = -50.0
"""Speech of a usual recording is at about -25 dB; from here on, converters add audible noise."""


@dataclass(slots=True)
class SpeechLevels:
    """Collects the levels of speech of a recording's pieces."""

    levels_db: list[float] = field(default_factory=list)
    """One for each word, in dB of full scale: that of its piece."""

    def add(self, piece: PieceWords) -> None:
        """Count the words of a piece."""
        if piece.speech_level_db is not None:
            self.levels_db += [piece.speech_level_db] * len(piece.words)

    def sentence(self) -> str:
        """That half of the words or more are very quiet, and what helps; else empty."""
        level = statistics.median(self.levels_db) if self.levels_db else 0.0
        if level > VERY_QUIET_DB:
            return ""
        return (
            f"The recording is very quiet (speech at {level:.0f} dB);"
            " move closer to the microphone next time."
        )
