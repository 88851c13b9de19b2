"""The way from a list to a meeting; inside the page, so that a recording here goes on."""

from __future__ import annotations

import streamlit as st

from pages.shared import links, process, state

NAME = "opening"


def ask(meeting_id: str, at: float | None = None) -> None:
    """In a callback: open this meeting, at this second, once the callback is over."""
    state.remember(NAME, (meeting_id, at))


def go() -> None:
    """Leave for the meeting that was asked for, if any; a running one opens live."""
    asked = state.remembered(NAME)
    if asked is None:
        return
    state.remember(NAME, None)
    meeting_id, at = asked
    if process.service().live(meeting_id) is not None:
        st.switch_page(links.LIVE, query_params={"meeting": meeting_id})
    query = {"id": meeting_id} if at is None else {"id": meeting_id, "t": f"{at:.2f}"}
    st.switch_page(links.MEETING, query_params=query)
