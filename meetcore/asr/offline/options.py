"""Options of offline (second-pass) recognition."""

from __future__ import annotations

from dataclasses import dataclass

from meetcore.asr.language import Heard
from meetcore.asr.recognizer import GateOptions


@dataclass(frozen=True, slots=True)
class OfflineRecognitionOptions:
    """How to recognize a whole recording."""

    language: str | None = None
    """ISO code, or several with commas between: one is detected in each stretch of speech, where
    the weight has several; None detects any."""
    heard: Heard = ()
    """Languages detected before `start_sample`, the latest first, to resume a pass."""
    beam_size: int = 5
    prompt: str = ""
    """Names and terms of this meeting, in any order; given to the decoder before each piece."""
    gate: GateOptions | None = None
    """Thresholds of the hallucination gate; None takes the recognizer's own."""
