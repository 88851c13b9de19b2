"""Which models are loaded, and which modes were given up because a model is missing."""

from __future__ import annotations

from dataclasses import dataclass

from meetcore.records.mode import Mode


@dataclass(frozen=True, slots=True)
class RungLeft:
    """A mode that is not available: why, and the command or setting that brings it back."""

    mode: Mode
    reason: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class ModelsInUse:
    """The models that the identifier loaded, shown on pages and stored with meetings."""

    mode: Mode
    live_recognizer: str = ""
    """For example "tiny.en · ctranslate2 · cpu int8"."""
    final_recognizer: str = ""
    diarizer: str = ""
    reason: str = ""
    """One sentence: why this mode and these weights."""
    rungs_left: tuple[RungLeft, ...] = ()
    replaced_settings: tuple[str, ...] = ()
    """Settings ("recognizer", "live_recognizer", "diarizer") whose model failed to load, so that
    another one is in use."""
    languages: tuple[str, ...] = ("en",)
    """ISO codes that the live recognizer supports."""

    @property
    def live_weight(self) -> str:
        """The weight's name in `live_recognizer`; empty without one."""
        return self.live_recognizer.split(" · ")[0]
