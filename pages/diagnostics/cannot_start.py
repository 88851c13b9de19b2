"""Body of the page shown when MeetingService cannot start: why, and the findings."""

from __future__ import annotations

import streamlit as st

from meetcore.diagnostics.findings import Diagnosis
from pages.diagnostics import findings, inventory, sections
from pages.shared import process
from pages.shared.plain_text import plain

WATCH_S = 1.0


def body() -> None:
    """Draw the reason, then the findings; nothing here needs the service."""
    sections.style()
    found = process.examiner().snapshot(st.context.url)
    st.error(plain(process.startup_error()), icon=":material/error:")
    st.caption(
        "Fix this, then stop Meetcore and start it again. Nothing that was recorded is lost."
    )
    findings.cards(found)
    findings.green_findings(found)
    inventory.libraries(found)
    if found.pending:
        st.html(sections.pending_line(found))
        watch(found)


def watch(shown: Diagnosis) -> None:
    """Draw the page again when the snapshot has changed."""

    @st.fragment(run_every=WATCH_S)
    def look_again() -> None:
        if process.examiner().snapshot(st.context.url) != shown:
            st.rerun(scope="app")

    look_again()
