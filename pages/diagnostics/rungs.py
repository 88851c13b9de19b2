"""The rungs of the identifier as a ladder, and the button that climbs it again."""

from __future__ import annotations

from html import escape

import streamlit as st

from meetcore.diagnostics.findings import Diagnosis, RungReport, RungState, Verdict
from pages.diagnostics import verdicts
from pages.diagnostics.retry_models import Attempt, AttemptView
from pages.shared import notice, process, style

WORDS = {
    RungState.IN_FORCE: "in force",
    RungState.LEFT: "not possible",
    RungState.NOT_TRIED: "not tried",
    RungState.EXPECTED: "expected",
}


@st.cache_resource(show_spinner=False)
def attempt() -> Attempt:
    """The one attempt of this process, seen by every tab."""
    return Attempt(lambda: process.service().retry_models())


def panel(diagnosis: Diagnosis) -> None:
    """The ladder, best rung first."""
    if not diagnosis.rungs:
        st.caption("Not looked at yet.")
    with st.container(key="ladder", gap="xxsmall"):
        for index, rung in enumerate(diagnosis.rungs):
            step(rung, index)
    again(diagnosis)


def step(rung: RungReport, index: int) -> None:
    """One rung: whether it holds, and exactly why not."""
    with st.container(key=f"rung-{index}-{rung.state.name.lower()}", gap="small"):
        sign = verdicts.dot(Verdict.GREEN) if rung.state in HOLDS else ""
        sign = verdicts.dot(Verdict.RED) if rung.state is RungState.LEFT else sign
        sign = sign or '<i class="meetcore-verdict idle" aria-hidden="true">–</i>'
        st.html(
            f'<div class="meetcore-rung">{sign}<div><b>{escape(style.MODE_TEXT[rung.mode][1])}</b>'
            f' <small class="{rung.state.name.lower()}">{WORDS[rung.state]}</small>'
            f"<p>{escape(rung.reason)}</p></div></div>"
        )
        if rung.command:
            st.code(rung.command, language=None, wrap_lines=True)
        if rung.rule:
            notice.rule_link(rung.rule)


HOLDS = (RungState.IN_FORCE, RungState.EXPECTED)


def again(diagnosis: Diagnosis) -> None:
    """The button that loads the models anew, and how that goes."""
    view = attempt().snapshot()
    with st.container(horizontal=True, vertical_alignment="center", key="again"):
        busy = view.running or process.service().loading
        if st.button("Try again", icon=":material/replay:", key="retry", disabled=busy):
            attempt().start()
            st.rerun()
        st.caption(
            "Loads the models anew, without a restart. Running meetings are not disturbed: they"
            " keep what they have."
        )
    if busy:
        words = "Loading the models… This takes some seconds."
        st.html(f'<div class="meetcore-pending" role="status"><i></i>{words}</div>')
    elif view.ended is not None:
        outcome(view, diagnosis)


def outcome(view: AttemptView, diagnosis: Diagnosis) -> None:
    """How the last attempt ended."""
    assert view.ended is not None
    at = f"{view.ended.astimezone():%H:%M:%S}"
    if view.trouble:
        notice.error(f"Tried again at {at}: {view.trouble}")
    else:
        st.caption(f":material/check: Tried again at {at}. In force: {diagnosis.headline}.")
