"""Head of the Meeting page: title, facts, and the buttons Download and Run again."""

from __future__ import annotations

from datetime import datetime, timedelta

import streamlit as st

from meetcore.records import Meeting, MeetingState, Transcript
from meetcore.service.meeting_date import set_date
from meetcore.service.uploads import EARLIEST
from meetcore.text.names import LONGEST_TITLE
from pages.meeting import downloads, run_again
from pages.shared import notice, process, state, style

DATE_WIDTH = 230
"""Pixels."""


def heading(meeting: Meeting, transcript: Transcript) -> None:
    """Draw the title as a field, the facts, downloads, and "Run again"."""
    key = f"title-of-{meeting.id}"

    def changed() -> None:
        text = state.typed_text(key)
        if text:
            with notice.showing_errors():
                process.service().store.update(meeting.id, title=text)

    with st.container(horizontal=True, vertical_alignment="center"):
        st.text_input(
            "Title",
            value=meeting.title,
            key=key,
            on_change=changed,
            max_chars=LONGEST_TITLE,
            label_visibility="collapsed",
        )
        date_field(meeting)
    with st.container(horizontal=True, vertical_alignment="center"):
        style.meeting_facts(meeting)
        if transcript.segments:
            downloads.downloads(meeting)
        if meeting.state is not MeetingState.FINALIZING and meeting.state is not MeetingState.LIVE:
            run_again.run_again(meeting)


def date_field(meeting: Meeting) -> None:
    """Draw when the meeting began as a field, in the time zone of this machine."""
    key = f"date-of-{meeting.id}"

    def changed() -> None:
        typed = state.widget_value(key)
        if isinstance(typed, datetime):
            with notice.showing_errors():
                set_date(process.service().store, meeting.id, typed.astimezone())

    began = meeting.created_at.astimezone().replace(tzinfo=None)
    st.datetime_input(
        "Date",
        value=began,
        min_value=EARLIEST.replace(tzinfo=None),
        max_value=max(began, datetime.now()) + timedelta(days=1),
        key=key,
        on_change=changed,
        format="YYYY-MM-DD",
        step=60,
        width=DATE_WIDTH,
        label_visibility="collapsed",
    )
