"""Errors as one sentence with a next step; tracebacks go to the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from meetcore.diagnostics.rules.registry import explain
from meetcore.errors import MeetcoreError
from pages.shared import links, state
from pages.shared.plain_text import plain

logger = logging.getLogger(__name__)

WHY = "Why, and how to fix it"


def error(text: str, icon: str = ":material/error:") -> None:
    """Draw an error, and a link to the rule that explains it."""
    st.error(plain(text), icon=icon)
    rule_link_for(text)


def rule_link_for(text: str) -> None:
    """Draw a link to the rule that explains a message, if there is one."""
    rule = rule_of(text)
    if rule:
        rule_link(rule)


def rule_of(text: str) -> str:
    """Id of the rule that explains a message; empty where none does."""
    rule = explain(text)
    return rule.id if rule else ""


def rule_link(rule: str) -> None:
    """Draw a link to a rule on the Diagnostics page."""
    st.page_link(links.DIAGNOSTICS, label=WHY, icon=":material/build:", query_params={"rule": rule})


def show_unexpected(error_met: Exception) -> bool:
    """Draw one sentence instead of Streamlit's traceback box; always True, as Streamlit expects."""
    if isinstance(error_met, MeetcoreError):
        logger.warning("shown to the user: %s", type(error_met).__name__)
        error(str(error_met))
        return True
    logger.exception("a page failed", exc_info=error_met)
    st.error(
        "Something went wrong on this page. A running recording is not affected: reload the page,"
        " and if it happens again, look at the server's log.",
        icon=":material/error:",
    )
    rule_link_for(f"{type(error_met).__name__}: {error_met}")
    return True


@contextmanager
def showing_errors() -> Iterator[None]:
    """Catch a MeetcoreError of the block and keep its text, which `last_error` draws.

    For callbacks of widgets: what a callback draws itself disappears with the next run.
    """
    state.note_error(None)
    try:
        yield
    except MeetcoreError as error_met:
        logger.warning("shown to the user: %s", type(error_met).__name__)
        state.note_error(str(error_met))


def last_error() -> None:
    """Draw the error of the last action, until the next action."""
    text = state.last_error()
    if text:
        error(text)
