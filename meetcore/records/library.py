"""All meetings at a glance: filtered, sorted, and searched for what was said."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from meetcore.records.job import Job
from meetcore.records.meeting import Meeting, MeetingState
from meetcore.records.transcript import Speaker


class Order(enum.StrEnum):
    """How a list of meetings is sorted."""

    NEWEST = "newest"
    OLDEST = "oldest"
    LONGEST = "longest"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class LibraryQuery:
    """Which meetings to show; empty fields ask for nothing."""

    text: str = ""
    """Words that were said, or that stand in the title."""
    person: str = ""
    """A given name, exactly."""
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""
    states: frozenset[MeetingState] = frozenset()
    order: Order = Order.NEWEST
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True)
class SnippetPart:
    """A stretch of a hit's text, and whether it is what was searched for."""

    text: str
    is_match: bool


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A segment of the transcript in force that holds what was searched for."""

    meeting_id: str
    position: int
    start: float
    """Seconds on the meeting's clock, of the first word that matches."""
    speaker: str
    """Name to show."""
    snippet: tuple[SnippetPart, ...]


@dataclass(frozen=True, slots=True)
class MeetingSummary:
    """One row of the list."""

    meeting: Meeting
    people: tuple[Speaker, ...] = ()
    """Who is heard in the transcript in force, in order of appearance."""
    job: Job | None = None
    hits: tuple[SearchHit, ...] = ()
    """The first few, where text was searched for."""
    hit_count: int = 0


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """One page of meetings, and how many there are in all."""

    rows: tuple[MeetingSummary, ...] = ()
    total: int = 0
