"""The modes, apart from the other records: whoever needs only them needs no numpy."""

from __future__ import annotations

import enum


class Mode(enum.StrEnum):
    """The rung of the identifier that holds, best first."""

    FULL = "full"
    TRANSCRIPTION_ONLY = "transcription-only"
    RECORDING_ONLY = "recording-only"
