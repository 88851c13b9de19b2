"""Options of live recognition (Whisper with a forced prefix)."""

from __future__ import annotations

from dataclasses import dataclass

from meetcore.asr.recognizer import GateOptions


@dataclass(frozen=True, slots=True)
class StreamingOptions:
    """When to decode, how much audio to decode, and when a word is committed. Seconds."""

    step: float = 0.5
    """New audio between two decodes."""
    context: float = 10.0
    """Least audio the encoder is given; shorter windows are padded with silence."""
    slack: float = 1.0
    """Least padding after a longer window: without it the decoder misjudges the end."""
    longest_window: float = 7.0
    """A longer window is cut at a pause between committed words."""
    kept_window: float = 3.0
    """Length that a cut aims to leave."""
    hold: float = 0.3
    """A word that ends closer than this to the newest audio stays tentative."""
    pause: float = 0.4
    """Silence after which all words are committed, closing punctuation included."""
    reset: float = 0.8
    """Silence after which the next words start a new window."""
    lead: float = 0.4
    """Audio kept before the first speech of a window."""
    min_new_speech: float = 0.2
    """Shortest new speech that is decoded."""
    min_word: float = 0.06
    """Shortest speech before a pause that is decoded; shorter is a click."""
    stall: float = 0.6
    """Length of new speech without any new words after which the window is started anew."""
    speech_threshold: float = 0.3
    """Probability from which voice activity counts a frame as speech."""
    history_tokens: int = 100
    """Tokens before the window that the decoder is given as its prompt."""
    language: str | None = None
    """ISO code, or several with commas between: one is detected after each pause, where the weight
    has several; None detects any."""
    gate: GateOptions | None = None
    """Thresholds of the hallucination gate; None takes the recognizer's own."""
