"""`JobContext`: what all jobs of a process share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from meetcore.jobs.remaining_time import Speeds
from meetcore.jobs.tasks import TaskExecutor
from meetcore.profiles.known_voices import KnownVoices
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore


@dataclass(frozen=True, slots=True)
class JobContext:
    """What all jobs of a process share."""

    store: MeetingStore
    executor: TaskExecutor
    settings: Settings
    speeds: Speeds
    known_voices: KnownVoices
    retry_write: Callable[[Callable[[], object]], object]
    """Runs a write until the store accepts it; raises StoreError when it gives up."""
