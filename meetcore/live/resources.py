"""`LiveResources`: the store, settings, models and voices of all running meetings."""

from __future__ import annotations

from dataclasses import dataclass

from meetcore.models.pool import IdentifierPool
from meetcore.profiles.known_voices import KnownVoices
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore


@dataclass(frozen=True, slots=True)
class LiveResources:
    """The store, the settings, the loaded models and the enrolled voices."""

    store: MeetingStore
    settings: Settings
    pool: IdentifierPool
    known_voices: KnownVoices
