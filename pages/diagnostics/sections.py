"""The sections of the Diagnostics page, drawn from one snapshot of the examiner."""

from __future__ import annotations

from html import escape

import streamlit as st

from meetcore.diagnostics.findings import Diagnosis, Verdict
from meetcore.diagnostics.report import report_text
from pages.diagnostics import (
    connection_test,
    explain_message,
    findings,
    health,
    inspect_checkpoint,
    inventory,
    rungs,
    selftest,
    verdicts,
)
from pages.shared import copy_button, element, process
from pages.shared import style as look

SECTIONS = {
    "installed": "What is installed",
    "rungs": "Rungs",
    "health": "Live health",
    "tests": "Tests",
    "message": "An error message",
    "folders": "Kept on this machine",
}
WHILE_PENDING_S, OTHERWISE_S = 1.0, 5.0
UNKNOWN_INK = "light-dark(#8a8780, #a3a099)"


def page() -> None:
    """Draw all sections, the findings first."""
    style()
    diagnosis = process.examiner().snapshot(st.context.url)
    with st.container(key="diagnosis-head"):
        head(diagnosis)
    with st.container(key="diagnosis-cards"):
        findings.linked_rule(diagnosis)
        findings.cards(diagnosis)
        findings.green_findings(diagnosis)
    section("installed")
    inventory.libraries(diagnosis)
    inventory.weights(diagnosis)
    inspect_checkpoint.panel()
    section("rungs")
    rungs.panel(diagnosis)
    section("health")
    health.panel()
    section("tests")
    selftest.panel()
    connection_test.panel()
    section("message")
    explain_message.panel()
    section("folders")
    inventory.folders(process.settings())
    watch(diagnosis)


def section(anchor: str) -> None:
    """Draw a heading with an anchor for the links at the top."""
    st.subheader(SECTIONS[anchor], anchor=anchor)


def style() -> None:
    """Add the CSS of this page."""
    with st.container(key="style-of-diagnostics"):
        st.html(element.style_of(__file__, "diagnostics"))


def watch(shown: Diagnosis) -> None:
    """Draw the page again when the snapshot has changed."""
    climbing = rungs.model_retry().running
    pace = WHILE_PENDING_S if shown.pending or climbing else OTHERWISE_S

    @st.fragment(run_every=pace)
    def look_again() -> None:
        known = process.examiner().snapshot(st.context.url)
        if known != shown or rungs.model_retry().running != climbing:
            st.rerun(scope="app")

    look_again()


def head(diagnosis: Diagnosis) -> None:
    """Draw the mode, the number of findings, and the buttons."""
    st.html(mode_line(diagnosis))
    with st.container(key="diagnosis-tools", horizontal=True, vertical_alignment="center"):
        st.html(summary(diagnosis))
        if st.button("Look again", icon=":material/refresh:", disabled=bool(diagnosis.pending)):
            process.examiner().refresh()
            st.rerun()
        report = report_text(diagnosis, process.settings())
        copy_button.button("Copy report", report)
    if diagnosis.pending:
        st.html(pending_line(diagnosis))
    links = "".join(f'<a href="#{anchor}">{name}</a>' for anchor, name in SECTIONS.items())
    st.html(f'<nav class="meetcore-jumps" aria-label="On this page">{links}</nav>')
    with st.expander("What the report says", icon=":material/visibility:", type="compact"):
        st.caption("No names, words, tokens, or paths of this machine are in it.")
        st.code(report, language=None, height=320)


def mode_line(diagnosis: Diagnosis) -> str:
    """HTML of the mode's name and its reason.

    >>> "Looking" in mode_line(Diagnosis())
    True
    """
    ink, title = look.MODE_TEXT.get(diagnosis.mode, (UNKNOWN_INK, ""))  # type: ignore[arg-type]
    title = diagnosis.headline or title or "Looking at this machine…"
    expected = "" if diagnosis.loaded or diagnosis.mode is None else "expected; models not loaded"
    return (
        f'<div class="meetcore-headline" style="--dot: {ink}"><i></i><div><b>{escape(title)}</b>'
        f"<small>{escape(expected)}</small><p>{escape(diagnosis.why)}</p></div></div>"
    )


def summary(diagnosis: Diagnosis) -> str:
    """HTML of the number of findings of each verdict."""
    pills = []
    for verdict in (Verdict.RED, Verdict.AMBER, Verdict.GREEN):
        number = sum(each.verdict is verdict for each in diagnosis.findings)
        if number:
            words = escape(verdicts.count_text(number, verdict))
            pills.append(f'<li class="{verdict}">{verdicts.dot(verdict)}{words}</li>')
    return f'<ul class="meetcore-summary" aria-label="Findings">{"".join(pills)}</ul>'


def pending_line(diagnosis: Diagnosis) -> str:
    """HTML of what is still being examined."""
    things = escape(", ".join(diagnosis.pending))
    return f'<div class="meetcore-pending" role="status"><i></i>Still at work: {things}…</div>'
