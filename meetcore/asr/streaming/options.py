"""The settings of live recognition, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass, field

from meetcore.asr.hallucination import GateOptions
from meetcore.records import RejectedText, Word


@dataclass(frozen=True, slots=True)
class StreamingOptions:
    """How often to decode, how much to look at, and when a word may stand. Seconds."""

    step: float = 0.5
    """New audio between two decodes."""
    context: float = 10.0
    """Least audio the encoder is given; shorter windows are padded with silence."""
    slack: float = 1.0
    """Least padding after a longer window: without it the decoder loses its sense of the end."""
    longest_window: float = 7.0
    """A window past this is cut at a pause between committed words."""
    kept_window: float = 3.0
    """What a cut aims to leave."""
    hold: float = 0.3
    """A word that ends closer than this to the newest audio is tentative."""
    pause: float = 0.4
    """Silence after which everything heard is committed, marks included."""
    reset: float = 0.8
    """Silence after which the next words begin a window of their own."""
    lead: float = 0.4
    """Audio before the first speech of a window."""
    least_news: float = 0.2
    """Speech below which there is nothing to decode yet."""
    least_word: float = 0.06
    """Speech before a pause below which it is a click, not a word."""
    stall: float = 0.6
    """Speech that a decoder must not pass over in silence."""
    speech_threshold: float = 0.3
    history_tokens: int = 100
    """Tokens before the window that the decoder reads as its past."""
    language: str | None = None
    gate: GateOptions = field(default_factory=GateOptions)


@dataclass(frozen=True, slots=True)
class StreamUpdate:
    """What a push brought: words that stand from now on, and the newest guess after them."""

    committed: tuple[Word, ...] = ()
    tentative: tuple[Word, ...] = ()
    rejected: tuple[RejectedText, ...] = ()
    heard_until: float = 0.0
    """Seconds; audio after it waits for the next step."""
