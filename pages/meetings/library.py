"""The list of meetings: searched, filtered, sorted, and what can be done with each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import streamlit as st

from meetcore.api.speakers_json import colour_of, speakers_json
from meetcore.records import (
    Job,
    JobState,
    LibraryPage,
    LibraryQuery,
    MeetingState,
    MeetingSummary,
    Order,
    SearchHit,
    Speaker,
)
from meetcore.service.trash import RESTORE_WINDOW_S
from meetcore.text.durations import length_text, position_text
from pages.shared import (
    element,
    job_text,
    notice,
    open_meeting,
    process,
    state,
    style,
)

draw = element.register(
    __file__, "library", "list_controls", "outbox", "send_change", "search_bar", "meeting_row"
)

KEY = "library"
REFRESH_S = 3.0
PER_PAGE = 40
PEOPLE_SHOWN = 5
LAST_PAGE = 10**6

ORDERS = {
    Order.NEWEST: "Newest first",
    Order.OLDEST: "Oldest first",
    Order.LONGEST: "Longest first",
    Order.TITLE: "By title",
}


@st.fragment(run_every=REFRESH_S)
def meeting_list() -> None:
    """Draw one page of the list with its search."""
    draw(
        key=KEY,
        data=payload(),
        on_query_change=keep_query,
        on_open_change=lambda: open_meeting.request_open(state.component_value(KEY, "open")),
        on_changed_change=element.draw_again,
    )
    open_meeting.open_requested()


def keep_query() -> None:
    """Keep the query (JSON, as the script wrote it) while other pages are shown too."""
    state.remember(KEY, state.component_value(KEY, "query"))


def payload() -> dict[str, Any]:
    """One page of the list as JSON for the element's script, with the choices of its filters."""
    text = state.remembered(KEY) or "{}"
    asked: Mapping[str, Any] = json.loads(text)
    query = query_of(asked)
    library = process.service().store.library
    page = library.find(query)
    if not page.rows and page.total and query.offset:
        query = query_of({**asked, "page": 0})
        page = library.find(query)
    now = datetime.now().astimezone()
    counts = library.counts()
    return {
        "asked": text,
        "query": {**asked, "page": query.offset // PER_PAGE},
        "rows": [row(summary, query.order, now) for summary in page.rows],
        "total": page.total,
        "all": sum(counts.values()),
        "pages": pages_of(page),
        "people": list(library.people()),
        "orders": [[order.value, words] for order, words in ORDERS.items()],
        "states": [
            [state.value, style.STATE_TEXT[state][1], counts[state]]
            for state in MeetingState
            if counts.get(state)
        ],
        "undoSeconds": RESTORE_WINDOW_S,
    }


def pages_of(page: LibraryPage) -> int:
    """The number of pages of the list, at least one."""
    return max(1, -(-page.total // PER_PAGE))


def query_of(asked: Mapping[str, Any]) -> LibraryQuery:
    """The query for the values of the page's fields; values that make no sense are left out."""
    until = day_start(asked.get("until"))
    state = str(asked.get("state") or "")
    order = str(asked.get("order") or "")
    try:
        page = min(max(0, int(asked.get("page") or 0)), LAST_PAGE)
    except (TypeError, ValueError, OverflowError):
        page = 0
    return LibraryQuery(
        text=str(asked.get("text") or "").strip()[:200],
        person=str(asked.get("person") or "")[:200],
        since=day_start(asked.get("since")),
        until=until + timedelta(days=1) if until else None,
        states=frozenset({MeetingState(state)} if state in set(MeetingState) else ()),
        order=Order(order) if order in set(Order) else Order.NEWEST,
        limit=PER_PAGE,
        offset=page * PER_PAGE,
    )


def day_start(text: object) -> datetime | None:
    """Midnight of a day written as 2026-11-22, in the time zone of this machine."""
    try:
        day = date.fromisoformat(str(text or ""))
    except ValueError:
        return None
    if not 1971 <= day.year < 9999:  # beyond, time zones overflow
        return None
    return datetime(day.year, day.month, day.day).astimezone()


def row(summary: MeetingSummary, order: Order, now: datetime) -> dict[str, Any]:
    """One meeting as JSON for the element's script."""
    meeting, job = summary.meeting, summary.job
    ink, state = style.STATE_TEXT[meeting.state]
    at_work = meeting.state is MeetingState.FINALIZING and job is not None
    return {
        "id": meeting.id,
        "title": meeting.title,
        "group": group_of(meeting.created_at, now) if order in (Order.NEWEST, Order.OLDEST) else "",
        "when": moment_text(meeting.created_at, now),
        "length": length_text(meeting.duration) if meeting.duration else "",
        "state": meeting.state.value,
        "badge": "" if meeting.state is MeetingState.DONE else state,
        "ink": ink,
        "work": work_text(job) if at_work and job is not None else "",
        "overall": round(job.overall if at_work and job else meeting.progress, 3),
        "trouble": meeting.detail if meeting.state is MeetingState.FAILED else "",
        "rule": notice.rule_of(meeting.detail) if meeting.state is MeetingState.FAILED else "",
        "people": people_json(summary.people),
        "morePeople": max(0, len(summary.people) - PEOPLE_SHOWN),
        "hits": [hit(found, summary.people) for found in summary.hits],
        "moreHits": max(0, summary.hit_count - len(summary.hits)),
        "finish": {
            MeetingState.INTERRUPTED: "Finish",
            MeetingState.FAILED: "Try again",
        }.get(meeting.state, ""),
    }


def work_text(job: Job) -> str:
    """A job in words, without its place in the queue, which the Upload page shows.

    >>> work_text(Job("m", JobState.QUEUED, job_text.ORDER[0]))
    'Waiting'
    """
    if job.state is JobState.QUEUED:
        return "Waiting"
    return " · ".join(filter(None, (job_text.words(job), job_text.remaining_text(job))))


def people_json(speakers: Iterable[Speaker]) -> list[dict[str, Any]]:
    """The first few people as JSON, named ones first."""
    chosen = sorted(speakers, key=lambda speaker: speaker.name is None)[:PEOPLE_SHOWN]
    return [
        {"name": person["name"], "colour": person["colour"], "given": person["given"]}
        for person in speakers_json(chosen)
    ]


def hit(found: SearchHit, speakers: Iterable[Speaker]) -> dict[str, Any]:
    """A passage that holds what was searched for, as JSON."""
    colours = {s.display_name: colour_of(s.label) for s in speakers}
    return {
        "at": round(max(0.0, found.start), 2),
        "time": position_text(found.start),
        "speaker": found.speaker,
        "colour": colours.get(found.speaker),
        "snippet": [[part.text, part.is_match] for part in found.snippet],
    }


def group_of(moment: datetime, now: datetime) -> str:
    """The heading of a meeting's group in the list.

    >>> day = datetime(2026, 11, 22, 14, 5).astimezone()
    >>> group_of(day, day), group_of(day - timedelta(days=1), day), group_of(day, day.replace(2027))
    ('Today', 'Yesterday', 'November 2026')
    """
    day, today = moment.astimezone().date(), now.astimezone().date()
    days = (today - day).days
    if days in (0, 1):
        return ("Today", "Yesterday")[days]
    return "Last seven days" if 1 < days < 7 else f"{day:%B %Y}"


def moment_text(moment: datetime, now: datetime) -> str:
    """A meeting's date and time, without what its group's heading says.

    >>> day = datetime(2026, 11, 22, 14, 5).astimezone()
    >>> moment_text(day, day), moment_text(day.replace(month=3), day)
    ('14:05', '22 Mar, 14:05')
    """
    local, today = moment.astimezone(), now.astimezone()
    if (today.date() - local.date()).days in (0, 1):
        return f"{local:%H:%M}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local.day} {local:%b}{year}, {local:%H:%M}"
