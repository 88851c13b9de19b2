"""Voice profiles: voices that people enrolled so that later meetings name them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class VoiceClip:
    """A stretch of a meeting's recording where an enrolled voice speaks, in seconds."""

    meeting_id: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class ProfileMatch:
    """The profile a meeting's speaker was recognised as."""

    profile_id: str
    name: str
    similarity: float
    """0 to 1, to be shown: 1 is what two recordings of one voice on one day have."""


@dataclass(frozen=True, slots=True)
class Profile:
    """An enrolled voice."""

    id: str
    name: str
    weight: str
    """Name of the embedding weight; embeddings of different weights cannot be compared."""
    embedding: npt.NDArray[np.float32]
    """Shape (dimension,), float32, unit length."""
    duration: float
    """Seconds of speech that the embedding was computed from."""
    created_at: datetime
    updated_at: datetime
    clips: tuple[VoiceClip, ...] = ()
    meetings: int = 0
    """How many meetings contributed speech."""
