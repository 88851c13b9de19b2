"""Jobs, searches and voices in memory, beside the meetings of `fake_backend`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from meetcore.records import (
    Job,
    JobStage,
    JobState,
    LibraryPage,
    LibraryQuery,
    Meeting,
    MeetingState,
    MeetingSummary,
    Order,
    Profile,
    SearchHit,
    SnippetPart,
    Speaker,
    Transcript,
    VoiceClip,
)


@dataclass
class FakeJobs:
    """The queue; put in later is newer."""

    meeting: Callable[[str], Meeting]
    jobs: dict[str, Job] = field(default_factory=dict)

    def newest(self, count: int) -> list[tuple[Meeting, Job]]:
        return [(self.meeting(job.meeting_id), job) for job in self.list()[:count]]

    def put(self, job: Job) -> Job:
        self.jobs[job.meeting_id] = job
        return job

    def get(self, meeting_id: str) -> Job | None:
        return self.jobs.get(meeting_id)

    def list(self, states: Iterable[JobState] = ()) -> list[Job]:
        wanted = set(states) or set(JobState)
        return [job for job in reversed(self.jobs.values()) if job.state in wanted]

    def update(self, meeting_id: str, **changes: Any) -> Job:
        self.jobs[meeting_id] = replace(self.jobs[meeting_id], **changes)
        return self.jobs[meeting_id]


@dataclass
class FakeProfiles:
    """Enrolled voices."""

    profiles: dict[str, Profile] = field(default_factory=dict)
    calls: list[tuple[str, ...]] = field(default_factory=list)

    def list(self) -> list[Profile]:
        return list(self.profiles.values())

    def rename(self, profile_id: str, name: str) -> None:
        self.calls.append(("rename", profile_id, name))
        self.profiles[profile_id] = replace(self.profiles[profile_id], name=name)


@dataclass
class FakeLibrary:
    """Searches what the fake store holds, word by word."""

    meetings: Callable[[], Iterable[Meeting]]
    transcript: Callable[[str], Transcript]
    jobs: FakeJobs
    asked: list[LibraryQuery] = field(default_factory=list)

    def find(self, query: LibraryQuery) -> LibraryPage:
        self.asked.append(query)
        rows = [row for row in map(self._summary(query), self.meetings()) if row is not None]
        orders: dict[Order, tuple[Callable[[MeetingSummary], Any], bool]] = {
            Order.NEWEST: (lambda row: row.meeting.created_at, True),
            Order.OLDEST: (lambda row: row.meeting.created_at, False),
            Order.LONGEST: (lambda row: row.meeting.duration, True),
            Order.TITLE: (lambda row: row.meeting.title, False),
        }
        key, down = orders[query.order]
        rows.sort(key=key, reverse=down)
        return LibraryPage(tuple(rows[query.offset : query.offset + query.limit]), len(rows))

    def _summary(self, query: LibraryQuery) -> Callable[[Meeting], MeetingSummary | None]:
        def summary(meeting: Meeting) -> MeetingSummary | None:
            transcript = self.transcript(meeting.id)
            names = {speaker.name for speaker in transcript.speakers}
            if query.states and meeting.state not in query.states:
                return None
            if query.person and query.person not in names:
                return None
            if query.since and meeting.created_at < query.since:
                return None
            if query.until and meeting.created_at >= query.until:
                return None
            hits = found_in(meeting.id, transcript, query.text) if query.text else ()
            if query.text and not hits and query.text.lower() not in meeting.title.lower():
                return None
            job = self.jobs.get(meeting.id)
            return MeetingSummary(meeting, transcript.speakers, job, hits[:3], len(hits))

        return summary

    def people(self) -> tuple[str, ...]:
        speakers = (s for m in self.meetings() for s in self.transcript(m.id).speakers)
        return tuple(sorted({speaker.name for speaker in speakers if speaker.name}))

    def counts(self) -> dict[MeetingState, int]:
        states = [meeting.state for meeting in self.meetings()]
        return {state: states.count(state) for state in set(states)}


def found_in(meeting_id: str, transcript: Transcript, text: str) -> tuple[SearchHit, ...]:
    """Segments that hold the text."""
    hits = []
    for position, segment in enumerate(transcript.segments):
        place = segment.text.lower().find(text.lower())
        if place >= 0:
            end = place + len(text)
            parts = (segment.text[:place], segment.text[place:end], segment.text[end:])
            snippet = tuple(SnippetPart(part, index == 1) for index, part in enumerate(parts))
            name = transcript.name_of(segment.speaker)
            hits.append(SearchHit(meeting_id, position, segment.start, name, snippet))
    return tuple(hits)


def job(meeting_id: str, state: JobState, stage: JobStage, **changes: Any) -> Job:
    """A job, begun at a fixed moment."""
    base = Job(meeting_id, state, stage, created_at=datetime(2026, 11, 22, 14, tzinfo=UTC))
    return replace(base, **changes)


def profile(profile_id: str, name: str, *clips: VoiceClip, duration: float = 42.0) -> Profile:
    """An enrolled voice."""
    moment = datetime(2026, 11, 20, 9, tzinfo=UTC)
    embedding = np.full(4, 0.5, dtype=np.float32)
    return Profile(profile_id, name, "campplus", embedding, duration, moment, moment, clips, 2)


def speakers_named(*names: str | None) -> tuple[Speaker, ...]:
    """Speakers S1, S2, … with these names."""
    return tuple(Speaker(f"S{number}", name) for number, name in enumerate(names, 1))
