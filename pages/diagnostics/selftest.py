"""The self-test's panel: a button, its progress, and the figures beside the expected ones."""

from __future__ import annotations

from html import escape

import streamlit as st

from meetcore.diagnostics.findings import Verdict
from meetcore.diagnostics.selftest.expected import Measure
from meetcore.diagnostics.selftest.run import SelfTest, SelfTestResult, SelfTestState, SelfTestView
from pages.shared import element, process, style
from pages.shared.plain_text import plain

REFRESH_S = 1.0
BUTTON_KEY = "self-test"
ABOUT = (
    "Transcribes a 30 s conversation that came with pyannote.audio, as an uploaded recording is,"
    " and compares the words and speakers with what was really said. Takes about half a minute;"
    " running meetings come first, and nothing is stored."
)
INKS = {
    Verdict.GREEN: "light-dark(#1a7a3a, #5fd08a)",
    Verdict.AMBER: "light-dark(#946100, #f0bd4f)",
    Verdict.RED: "light-dark(#c2303a, #ff7a80)",
    None: "light-dark(#6b6862, #a3a099)",
}
HEADINGS = ("Measure", "Here", "Expected", "Verdict")


@st.cache_resource(show_spinner=False)
def runner() -> SelfTest:
    """The self-test; one for all tabs of the process."""
    return SelfTest(process.settings())


@st.fragment(run_every=REFRESH_S)
def panel() -> None:
    """Draw what the self-test does, its button and its result, once a second."""
    view = runner().snapshot()
    running = view.state is SelfTestState.RUNNING
    st.caption(ABOUT)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Run again" if view.result else "Run the self-test",
            key=BUTTON_KEY,
            icon=":material/experiment:",
            disabled=running,
            on_click=start,
        )
        if running:
            st.button("Cancel", key=f"{BUTTON_KEY}-cancel", type="tertiary", on_click=cancel)
    show(view)


def start() -> None:
    """Begin the self-test; does nothing while it runs."""
    runner().start()


def cancel() -> None:
    """Cancel the self-test."""
    runner().cancel()


def show(view: SelfTestView) -> None:
    """Draw the progress, or how the self-test ended."""
    if view.state is SelfTestState.RUNNING:
        st.progress(view.progress, text=f"{plain(view.stage)}… {view.elapsed_s:.0f} s")
    elif view.state is SelfTestState.CANCELLED:
        st.caption("Cancelled.")
    elif view.trouble:
        st.error(plain(view.trouble), icon=":material/error:")
    if view.result is not None:
        outcome(view.result, view.elapsed_s)


def outcome(result: SelfTestResult, elapsed_s: float) -> None:
    """Draw the figures, the models and times behind them, and remarks."""
    for note in result.notes:
        st.warning(plain(note), icon=":material/warning:")
    st.html(table(result.measures))
    worked = sum(seconds for _, seconds in result.stages)
    style.facts(
        style.MODE_TEXT[result.mode][1],
        result.recognizer,
        f"voices: {result.voices}" if result.voices else "",
        f"{result.audio_s:.0f} s of sound in {worked:.1f} s, {elapsed_s:.0f} s with loading",
        *(f"{name}: {seconds:.1f} s" for name, seconds in result.stages if seconds >= 0.05),
    )
    if result.remark:
        st.caption(plain(result.remark))


def table(measures: tuple[Measure, ...]) -> str:
    """HTML of the figures, a coloured verdict in words beside each."""
    head = "".join(f"<th scope=col>{heading}</th>" for heading in HEADINGS)
    rows = "".join(
        f"<tr><td>{escape(measure.name)}</td><td>{escape(measure.here)}</td>"
        f"<td>{escape(measure.expected)}</td>"
        f'<td><span class="meetcore-state" style="--ink: {INKS[measure.verdict]}">'
        f"{escape(measure.judgement)}</span></td></tr>"
        for measure in measures
    )
    # A style that comes first in a piece of HTML is dropped.
    return (
        f'<table class="meetcore-table meetcore-figures"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>{element.style_of(__file__, 'selftest')}"
    )
