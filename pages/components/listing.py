"""One meeting in the list."""

from __future__ import annotations

from html import escape

import streamlit as st

from meetcore.records import Meeting, MeetingState, Speaker
from pages.components import ended, look, notice, routes, session

PEOPLE_SHOWN = 4


def row(meeting: Meeting) -> None:
    """Title, state, length and people of one meeting, and what can be done with it."""
    people = session.service().store.speakers(meeting.id)
    with st.container(
        key=f"row-{meeting.id}", horizontal=True, vertical_alignment="center", gap="small"
    ):
        st.html(summary(meeting, people), width="stretch")
        if meeting.state in (MeetingState.INTERRUPTED, MeetingState.FAILED):
            ended.finish_button(meeting)
        open_link(meeting)
        if meeting.state is not MeetingState.LIVE:
            st.button(
                "Delete",
                key=f"delete-{meeting.id}",
                icon=":material/delete:",
                type="tertiary",
                on_click=confirm_delete,
                args=(meeting,),
            )


def summary(meeting: Meeting, people: tuple[Speaker, ...] | list[Speaker]) -> str:
    """HTML of a row's text; titles and names are escaped."""
    named = ", ".join(speaker.display_name for speaker in people[:PEOPLE_SHOWN])
    more = f" and {len(people) - PEOPLE_SHOWN} more" if len(people) > PEOPLE_SHOWN else ""
    facts = (look.date_text(meeting.created_at), look.duration_text(meeting.duration), named + more)
    spans = "".join(f"<span>{escape(fact)}</span>" for fact in facts if fact)
    state = "" if meeting.state is MeetingState.DONE else look.state_badge(meeting.state)
    return (
        f'<div class="meetcore-row"><b>{escape(meeting.title)}</b>'
        f'<div class="meetcore-facts">{state}{spans}</div></div>'
    )


def open_link(meeting: Meeting) -> None:
    """The way to a meeting's page; a running one opens live."""
    if meeting.state is MeetingState.LIVE:
        target, query = routes.LIVE, {"meeting": meeting.id}
    else:
        target, query = routes.MEETING, {"id": meeting.id}
    st.page_link(target, label="Open", icon=":material/arrow_forward:", query_params=query)


@st.dialog("Delete this meeting?")
def confirm_delete(meeting: Meeting) -> None:
    """Ask before a recording and its transcript are gone for good."""
    st.html(
        f"<p><b>{escape(meeting.title)}</b></p>"
        "<p>Its recording and transcript are deleted for good.</p>"
    )
    with st.container(horizontal=True):
        if st.button(
            "Delete for good",
            type="primary",
            key="delete-for-good",
            on_click=delete,
            args=(meeting.id,),
        ):
            st.rerun()
        if st.button("Keep it", key="keep"):
            st.rerun()


def delete(meeting_id: str) -> None:
    """Delete a meeting with its recording."""
    with notice.told():
        session.service().delete(meeting_id)
