"""The sidebar below the links: running meetings, and the mode in force with its reason."""

from __future__ import annotations

from html import escape

import streamlit as st

from meetcore.diagnostics.findings import first_sentence
from meetcore.records import ModelsInUse
from pages.shared import links, notice, process, style
from pages.shared.plain_text import plain

LOADING_INK = "light-dark(#8a8780, #a3a099)"


def sidebar() -> None:
    """Draw links to the running meetings, and the mode."""
    with st.sidebar:
        running_meetings()
        mode()


@st.fragment(run_every=3.0)
def mode() -> None:
    """Draw the mode in force with a coloured dot and a link to the details."""
    models = process.service().models()
    ink, title, reason = mode_words(models)
    st.html(
        f'<div class="meetcore-mode" style="--dot: {ink}"><i></i><b>{escape(title)}</b>'
        f"<span>{escape(reason)}</span></div>"
    )
    rule = notice.rule_of(models.rungs_left[-1].reason) if models and models.rungs_left else ""
    st.page_link(
        links.DIAGNOSTICS,
        label="Why this mode?",
        icon=":material/arrow_forward:",
        query_params={"rule": rule} if rule else None,
    )


def mode_words(models: ModelsInUse | None) -> tuple[str, str, str]:
    """Colour, name and reason of the mode; what is said while models load, for None."""
    if models is None:
        return LOADING_INK, "Loading models…", "You can start now: everything is recorded."
    ink, title = style.MODE_TEXT[models.mode]
    # The reason of a mode that is not the best one is long; the Diagnostics page has all of it.
    return ink, title, first_sentence(models.reason) if models.rungs_left else models.reason


@st.fragment(run_every=3.0)
def running_meetings() -> None:
    """Draw links to the meetings that are being recorded now."""
    for snapshot in process.service().running():
        st.page_link(
            links.LIVE,
            label=f":red[●] {plain(snapshot.title)}",
            query_params={"meeting": snapshot.meeting_id},
            help="Being recorded now",
        )
