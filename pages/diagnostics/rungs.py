"""The panel of modes (full, words only, recording only) and of the reason for each."""

from __future__ import annotations

from html import escape

import streamlit as st

from meetcore.diagnostics.findings import Diagnosis, RungReport, RungState, Verdict
from meetcore.service.model_retry import ModelRetry, ModelRetryView
from pages.diagnostics import verdicts
from pages.shared import notice, process, style
from pages.shared.plain_text import plain

WORDS = {
    RungState.IN_FORCE: "in force",
    RungState.LEFT: "not possible",
    RungState.NOT_TRIED: "not tried",
    RungState.EXPECTED: "expected",
}


@st.cache_resource(show_spinner=False)
def model_retry() -> ModelRetry:
    """Loads the models again; one for all tabs of the process."""
    return ModelRetry(lambda: process.service().retry_models())


def panel(diagnosis: Diagnosis) -> None:
    """Draw the modes, best first."""
    if not diagnosis.rungs:
        st.caption("Not looked at yet.")
    with st.container(key="ladder", gap="xxsmall"):
        for index, rung in enumerate(diagnosis.rungs):
            mode_row(rung, index)
    retry_button(diagnosis)


def mode_row(rung: RungReport, index: int) -> None:
    """Draw one mode: whether it is in force, and why not."""
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


def retry_button(diagnosis: Diagnosis) -> None:
    """Draw the button that loads the models again, and the state of that attempt."""
    view = model_retry().snapshot()
    with st.container(horizontal=True, vertical_alignment="center", key="again"):
        busy = view.running or process.service().loading
        if st.button("Try again", icon=":material/replay:", key="retry", disabled=busy):
            model_retry().start()
            st.rerun()
        st.caption(
            "Loads the models again, without a restart. Running meetings are not disturbed: they"
            " keep what they have."
        )
    if busy:
        words = "Loading the models… This takes some seconds."
        st.html(f'<div class="meetcore-pending" role="status"><i></i>{words}</div>')
    elif view.ended is not None:
        outcome(view, diagnosis)


def outcome(view: ModelRetryView, diagnosis: Diagnosis) -> None:
    """Draw how the last attempt ended."""
    assert view.ended is not None
    at = f"{view.ended.astimezone():%H:%M:%S}"
    if view.trouble:
        notice.error(f"Tried again at {at}: {view.trouble}")
    else:
        st.caption(
            f":material/check: Tried again at {plain(f'{at}. In force: {diagnosis.headline}')}."
        )
