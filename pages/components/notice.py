"""Trouble, told in one sentence with a next step; the traceback goes to the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from meetcore.errors import MeetcoreError
from pages.components import session

logger = logging.getLogger(__name__)


def show_unexpected(error: Exception) -> bool:
    """Draw one sentence instead of Streamlit's traceback box."""
    if isinstance(error, MeetcoreError):
        logger.warning("shown to the user: %s", error)
        st.error(str(error), icon=":material/error:")
        return True
    logger.exception("a page failed", exc_info=error)
    st.error(
        "Something went wrong on this page. A running recording is not affected: reload the page,"
        " and if it happens again, look at the server's log.",
        icon=":material/error:",
    )
    return True


@contextmanager
def told() -> Iterator[None]:
    """Keep what Meetcore itself reports inside the block, for `trouble` to show.

    Made for callbacks: what they draw themselves is gone after the next run.
    """
    session.note_trouble(None)
    try:
        yield
    except MeetcoreError as error:
        logger.warning("shown to the user: %s", error)
        session.note_trouble(str(error))


def trouble() -> None:
    """Show what the last action reported, until the next one."""
    text = session.trouble()
    if text:
        st.error(text, icon=":material/error:")
