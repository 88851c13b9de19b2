"""`Mode`: what the loaded models can do: full, words only, recording only."""

from __future__ import annotations

import enum


class Mode(enum.StrEnum):
    """What the loaded models can do, best first."""

    FULL = "full"
    TRANSCRIPTION_ONLY = "transcription-only"
    RECORDING_ONLY = "recording-only"
