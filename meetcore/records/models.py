"""Which models are loaded, and which rungs were left for want of one."""

from __future__ import annotations

from dataclasses import dataclass

from meetcore.records.mode import Mode


@dataclass(frozen=True, slots=True)
class RungLeft:
    """A rung the identifier could not hold: its mode, why, and how to climb back."""

    mode: Mode
    reason: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class ModelsInUse:
    """What the identifier loaded, for the page, the store and the bench."""

    mode: Mode
    live_recognizer: str = ""
    """For example "tiny.en · ctranslate2 · cpu int8"."""
    final_recognizer: str = ""
    diarizer: str = ""
    reason: str = ""
    """One sentence: why this mode and these weights."""
    rungs_left: tuple[RungLeft, ...] = ()
    stand_ins: tuple[str, ...] = ()
    """Settings ("recognizer", "live_recognizer", "diarizer") whose model failed to load, so that
    another one is in use."""
    languages: tuple[str, ...] = ("en",)
    """ISO codes the live recognizer can be told to use."""
