"""Meetings and jobs that the tests of this folder make and wait for."""

from __future__ import annotations

import io
import wave
from typing import Any

from meetcore.records import (
    SAMPLE_RATE,
    Job,
    JobOptions,
    JobState,
    Meeting,
    MeetingState,
)
from meetcore.service.meeting_service import MeetingService
from tests.support.stand_ins import (
    talk,
    until,
)


def job_of(service: MeetingService, meeting_id: str) -> Job:
    job = service.store.jobs.get(meeting_id)
    assert job is not None
    return job


def uploaded(
    service: MeetingService, name: str = "talk.wav", seconds: float = 8.0, **options: Any
) -> str:
    path = service.uploads_dir / "incoming"
    path.write_bytes(wav(seconds))
    return service.import_file(path, name, JobOptions(**options))


def over(service: MeetingService, meeting_id: str) -> Job:
    ends = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
    until(lambda: job_of(service, meeting_id).state in ends)
    until(lambda: service.store.get(meeting_id).state is not MeetingState.FINALIZING)
    return job_of(service, meeting_id)


def wav(seconds: float = 4.0) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(SAMPLE_RATE)
        writer.writeframes(talk(seconds).tobytes())
    return file.getvalue()


def ended(service: MeetingService, meeting_id: str) -> Meeting:
    over = (MeetingState.DONE, MeetingState.FAILED)
    until(lambda: service.store.get(meeting_id).state in over)
    return service.store.get(meeting_id)


def spoken_live(service: MeetingService, seconds: float = 4.0) -> str:
    meeting_id = service.start("Live")
    live = service.live(meeting_id)
    assert live is not None
    live.offer(talk(seconds), "tab")
    until(lambda: live.snapshot().elapsed == seconds)
    live.stop()
    assert live.join(60)
    return meeting_id
