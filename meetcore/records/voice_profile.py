"""Voices that people asked to be recognised again; nothing is kept of anybody else's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class VoiceClip:
    """Where a voice can be heard: a stretch of a meeting's recording, in seconds."""

    meeting_id: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Profile:
    """An enrolled voice."""

    id: str
    name: str
    weight: str
    """Name of the weight that made the embedding; others' cannot be compared."""
    embedding: npt.NDArray[np.float32]
    """Unit length, shape (dimension,)."""
    duration: float
    """Seconds of speech behind it."""
    created_at: datetime
    updated_at: datetime
    clips: tuple[VoiceClip, ...] = ()
    meetings: int = 0
    """How many meetings taught it."""
