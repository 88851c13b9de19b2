"""A line while the page has no connection, in place of Streamlit's dialog."""

from __future__ import annotations

import streamlit as st

from pages.shared import element

draw = element.register(__file__, "connection")


def connection() -> None:
    """Draw the line. Streamlit's dialog is closed: it would lie over Stop and Pause."""
    with st.container(key="connection"):
        draw(key="connection-line", data={})
