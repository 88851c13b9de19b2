"""Head of the Meeting page: title, facts, and the buttons Download and Run again."""

from __future__ import annotations

import streamlit as st

from meetcore.records import Meeting, MeetingState, Transcript
from meetcore.text.names import LONGEST_TITLE
from pages.meeting import downloads, run_again
from pages.shared import notice, process, state, style


def heading(meeting: Meeting, transcript: Transcript) -> None:
    """Draw the title as a field, the facts, downloads, and "Run again"."""
    key = f"title-of-{meeting.id}"

    def changed() -> None:
        text = state.typed_text(key)
        if text:
            with notice.showing_errors():
                process.service().store.update(meeting.id, title=text)

    st.text_input(
        "Title",
        value=meeting.title,
        key=key,
        on_change=changed,
        max_chars=LONGEST_TITLE,
        label_visibility="collapsed",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        style.meeting_facts(meeting)
        if transcript.segments:
            downloads.downloads(meeting)
        if meeting.state is not MeetingState.FINALIZING and meeting.state is not MeetingState.LIVE:
            run_again.run_again(meeting)
