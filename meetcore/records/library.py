"""Query and result page of the list of meetings."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from meetcore.records.job import Job
from meetcore.records.meeting import Meeting, MeetingState
from meetcore.records.transcript import Speaker


class Order(enum.StrEnum):
    """The sort order of a list of meetings."""

    NEWEST = "newest"
    OLDEST = "oldest"
    LONGEST = "longest"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class LibraryQuery:
    """Which meetings to list; an empty field filters nothing."""

    text: str = ""
    """Words to find in transcripts and titles."""
    person: str = ""
    """Only meetings with a speaker of exactly this name."""
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""
    states: frozenset[MeetingState] = frozenset()
    order: Order = Order.NEWEST
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True)
class SnippetPart:
    """A part of a hit's text, and whether it matches the search."""

    text: str
    is_match: bool


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A segment that matches the search, of the best transcript a meeting has."""

    meeting_id: str
    position: int
    start: float
    """Seconds on the meeting's clock, of the first word that matches."""
    speaker: str
    """The speaker's name to show."""
    snippet: tuple[SnippetPart, ...]


@dataclass(frozen=True, slots=True)
class MeetingSummary:
    """One meeting in the list."""

    meeting: Meeting
    people: tuple[Speaker, ...] = ()
    """The speakers of the best transcript there is, in order of appearance."""
    job: Job | None = None
    hits: tuple[SearchHit, ...] = ()
    """The first few hits, where text was searched for."""
    hit_count: int = 0


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """One page of the list, and how many meetings match in all."""

    rows: tuple[MeetingSummary, ...] = ()
    total: int = 0
