"""Drives running meetings whose words come from the fake models."""

from __future__ import annotations

from typing import Any

from meetcore.records import SAMPLE_RATE, Meeting, MeetingState, Stage
from meetcore.service.meeting_service import LiveMeeting, MeetingService
from tests.support.stand_ins import talk, texts, until

CHUNK = SAMPLE_RATE // 10


def send(live: LiveMeeting, seconds: float, source: str = "tab") -> None:
    """Offer so many seconds of talk, in chunks of 100 ms."""
    audio = talk(seconds)
    for start in range(0, audio.size, CHUNK):
        live.offer(audio[start : start + CHUNK], source)


def running(service: MeetingService, meeting_id: str) -> LiveMeeting:
    """The running meeting with this id."""
    live = service.live(meeting_id)
    assert live is not None
    return live


def recognized_all(live: LiveMeeting, seconds: float) -> Any:
    """A condition: so many seconds are on disk, and all of them recognized."""

    def check() -> bool:
        health = live.snapshot().health
        return health.samples_on_disk == seconds * SAMPLE_RATE and health.backlog < 0.05

    return check


def ended(service: MeetingService, meeting_id: str, timeout_s: float = 60.0) -> Meeting:
    """The meeting after its second pass, whether that worked or not."""
    over = (MeetingState.DONE, MeetingState.FAILED)
    until(lambda: service.store.get(meeting_id).state in over, timeout_s)
    return service.store.get(meeting_id)


def words(count: int) -> list[str]:
    """The first `count` words of the clock."""
    return [f"w{n}" for n in range(count)]


def provisional(store: Any, meeting_id: str) -> list[str]:
    """The saved words of a live meeting."""
    return texts(store.transcript(meeting_id, Stage.PROVISIONAL).segments)
