"""Options of offline (second-pass) recognition."""

from __future__ import annotations

from dataclasses import dataclass

from meetcore.asr.recognizer import GateOptions


@dataclass(frozen=True, slots=True)
class OfflineRecognitionOptions:
    """How to recognize a whole recording."""

    language: str | None = None
    """ISO code; None detects it once, at the first speech."""
    beam_size: int = 5
    prompt: str = ""
    """Names and terms of this meeting, in any order; given to the decoder before each piece."""
    gate: GateOptions | None = None
    """Thresholds of the hallucination gate; None takes the recognizer's own."""
