"""The list of meetings: filtered, sorted, searched, in pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from meetcore.records import (
    Job,
    LibraryPage,
    LibraryQuery,
    MeetingState,
    MeetingSummary,
    Order,
    SearchHit,
)
from meetcore.store.damage import readable
from meetcore.store.database import Database
from meetcore.store.jobs import to_job
from meetcore.store.people import meetings_with, names_of_people, people_of
from meetcore.store.queries import NEWEST_FIRST, SHOWN
from meetcore.store.rows import to_meeting
from meetcore.store.schema import JobRow, MeetingRow
from meetcore.store.search.matches import (
    count_in_meeting,
    count_matches,
    find_matches,
    first_matches,
    search_hits,
)
from meetcore.store.search.terms import Term, in_title, terms_of

_STATES = frozenset(state.value for state in MeetingState)
HITS_SHOWN = 3
"""Search hits listed under each meeting."""
_ORDERS = {
    Order.NEWEST: NEWEST_FIRST,
    Order.OLDEST: (MeetingRow.created_at, MeetingRow.id),
    Order.LONGEST: (MeetingRow.duration_samples.desc(), *NEWEST_FIRST),
    Order.TITLE: (func.lower(MeetingRow.title), *NEWEST_FIRST),
}


class Library:
    """Lists and searches meetings; every method is one read transaction, callable from any thread.

    Raises
    ------
    StoreError
        From every method: the database refused. Try again, or show the message.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, query: LibraryQuery) -> LibraryPage:
        """One page of the meetings that match, each with its people, job and first search hits."""
        terms = terms_of(query.text)
        if query.text.strip() and not terms:
            return LibraryPage()
        with self._database.reading() as session:
            counts = count_matches(session, terms) if terms else {}
            serials = {*counts, *_matching_titles(session, terms)} if terms else set()
            wanted = and_(*_filters(query, terms, serials))
            total = session.scalar(select(func.count()).select_from(MeetingRow).where(wanted))
            page = select(MeetingRow).where(wanted).order_by(*_ORDERS[query.order])
            rows = session.scalars(page.limit(query.limit).offset(query.offset)).all()
            return LibraryPage(_summaries(session, rows, terms, counts), total or 0)

    def hits(self, text: str, limit: int = 50) -> tuple[SearchHit, ...]:
        """The first segments that hold the text, newest meetings first."""
        terms = terms_of(text)
        if not terms:
            return ()
        with self._database.reading() as session:
            found = find_matches(session, terms, None, limit)
            found.sort(key=lambda match: (-match[0], match[1]))
            return tuple(search_hits(session, found, terms))

    def people(self) -> tuple[str, ...]:
        """All names of speakers who have words, sorted."""
        with self._database.reading() as session:
            return tuple(sorted(names_of_people(session), key=str.casefold))

    def counts(self) -> dict[MeetingState, int]:
        """How many meetings are in each state; states without meetings are left out."""
        grouped = select(MeetingRow.state, func.count()).where(SHOWN).group_by(MeetingRow.state)
        with self._database.reading() as session:
            rows = session.execute(grouped).all()
        counts: dict[MeetingState, int] = {}
        for stored, count in rows:
            # A damaged state is shown as FAILED (`to_meeting`).
            state = MeetingState(stored) if stored in _STATES else MeetingState.FAILED
            counts[state] = counts.get(state, 0) + count
        return counts


def _filters(
    query: LibraryQuery, terms: Sequence[Term], serials: Collection[int]
) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [SHOWN]
    if terms:
        wanted.append(MeetingRow.serial.in_(serials))
    if query.person:
        wanted.append(MeetingRow.id.in_(meetings_with(query.person)))
    if query.since is not None:
        wanted.append(MeetingRow.created_at >= query.since)
    if query.until is not None:
        wanted.append(MeetingRow.created_at < query.until)
    if query.states:
        wanted.append(MeetingRow.state.in_([state.value for state in query.states]))
    return wanted


def _matching_titles(session: Session, terms: Sequence[Term]) -> list[int]:
    """Serials of meetings whose title holds all terms; databases disagree on accents and case."""
    rows = session.execute(select(MeetingRow.serial, MeetingRow.title).where(SHOWN))
    return [serial for serial, title in rows if in_title(str(title), terms)]


def _summaries(
    session: Session,
    rows: Sequence[MeetingRow],
    terms: Sequence[Term],
    counts: Mapping[int, int | None],
) -> tuple[MeetingSummary, ...]:
    """One summary a row; `counts` holds the matches by serial, None where not counted yet."""
    ids = [row.id for row in rows]
    people, jobs = people_of(session, ids), _jobs(session, ids)
    matching = [row for row in rows if row.serial in counts]
    hits = _first_hits(session, matching, terms)
    hit_counts: dict[str, int] = {}
    for row in matching:
        count = counts[row.serial]
        if count is None:
            count = count_in_meeting(session, terms, row.serial)
        hit_counts[row.id] = count
    return tuple(
        MeetingSummary(
            to_meeting(row),
            people.get(row.id, ()),
            jobs.get(row.id),
            hits.get(row.id, ()),
            hit_counts.get(row.id, 0),
        )
        for row in rows
    )


def _jobs(session: Session, ids: Sequence[str]) -> dict[str, Job]:
    rows = session.scalars(select(JobRow).where(JobRow.meeting_id.in_(ids)))
    jobs = (readable(partial(to_job, row)) for row in rows)
    return {job.meeting_id: job for job in jobs if job is not None}


def _first_hits(
    session: Session, rows: Sequence[MeetingRow], terms: Sequence[Term]
) -> dict[str, tuple[SearchHit, ...]]:
    """The first few hits of each of these meetings."""
    found = first_matches(session, terms, [row.serial for row in rows], HITS_SHOWN)
    hits: dict[str, tuple[SearchHit, ...]] = {}
    for hit in search_hits(session, found, terms) if found else ():
        hits[hit.meeting_id] = (*hits.get(hit.meeting_id, ()), hit)
    return hits
