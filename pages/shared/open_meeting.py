"""Opens a meeting from a list without loading the page anew, so that a recording goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.shared import links, process, state

NAME = "opening"


def request_open(asked: Mapping[str, Any] | None) -> None:
    """In a callback: note the `meeting` to open, and the second (`at`), for `open_requested`."""
    if asked is not None:
        state.remember(NAME, (str(asked["meeting"]), asked.get("at")))


def open_requested() -> None:
    """Switch to the page of the meeting that was asked for, if any; a running one opens live."""
    asked = state.remembered(NAME)
    if asked is None:
        return
    state.remember(NAME, None)
    meeting_id, at = asked
    if process.service().live(meeting_id) is not None:
        st.switch_page(links.LIVE, query_params={"meeting": meeting_id})
    query = {"id": meeting_id} if at is None else {"id": meeting_id, "t": f"{at:.2f}"}
    st.switch_page(links.MEETING, query_params=query)
