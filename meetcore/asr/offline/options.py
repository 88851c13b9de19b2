"""How the second pass listens."""

from __future__ import annotations

from dataclasses import dataclass, field

from meetcore.asr.hallucination import GateOptions


@dataclass(frozen=True, slots=True)
class OfflineOptions:
    """What holds for a whole recording."""

    language: str | None = None
    """ISO code; None detects it once, where people begin to speak."""
    beam_size: int = 5
    prompt: str = ""
    """Names and terms of this meeting, in any order."""
    gate: GateOptions = field(default_factory=GateOptions)
