"""Trouble, told in one sentence with a next step; the traceback goes to the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from meetcore.diagnostics.rules.registry import explain
from meetcore.errors import MeetcoreError
from pages.shared import links, state

logger = logging.getLogger(__name__)

WHY = "Why, and how to mend it"


def error(text: str, icon: str = ":material/error:") -> None:
    """Draw what went wrong, and the way to the rule that knows it."""
    st.error(text, icon=icon)
    explained(text)


def explained(text: str) -> None:
    """The way to the rule that knows a message, where one does."""
    rule = rule_of(text)
    if rule:
        rule_link(rule)


def rule_of(text: str) -> str:
    """Id of the rule that knows a message; empty where none does."""
    rule = explain(text)
    return rule.id if rule else ""


def rule_link(rule: str) -> None:
    """The way to a rule on the Diagnostics page."""
    st.page_link(links.DIAGNOSTICS, label=WHY, icon=":material/build:", query_params={"rule": rule})


def show_unexpected(error_met: Exception) -> bool:
    """Draw one sentence instead of Streamlit's traceback box."""
    if isinstance(error_met, MeetcoreError):
        logger.warning("shown to the user: %s", error_met)
        error(str(error_met))
        return True
    logger.exception("a page failed", exc_info=error_met)
    st.error(
        "Something went wrong on this page. A running recording is not affected: reload the page,"
        " and if it happens again, look at the server's log.",
        icon=":material/error:",
    )
    explained(f"{type(error_met).__name__}: {error_met}")
    return True


@contextmanager
def told() -> Iterator[None]:
    """Keep what Meetcore itself reports inside the block, for `trouble` to show.

    Made for callbacks: what they draw themselves is gone after the next run.
    """
    state.note_trouble(None)
    try:
        yield
    except MeetcoreError as error_met:
        logger.warning("shown to the user: %s", error_met)
        state.note_trouble(str(error_met))


def trouble() -> None:
    """Show what the last action reported, until the next one."""
    text = state.trouble()
    if text:
        error(text)
