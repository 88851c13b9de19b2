"""The panel that explains a pasted error message."""

from __future__ import annotations

import streamlit as st

from meetcore.diagnostics.rules.registry import explain
from pages.diagnostics import findings
from pages.shared import state

KEY = "message"
LONGEST = 20_000


def panel() -> None:
    """Draw the field, and the rule that explains the message."""
    st.text_area(
        "Paste what you saw, a whole traceback if you like; it is not kept",
        key=KEY,
        height=110,
        max_chars=LONGEST,
        placeholder="KeyError: 'introspection'",
    )
    st.button("Explain", key="explain", icon=":material/lightbulb:")
    text = str(state.widget_value(KEY) or "").strip()
    if not text:
        return
    rule = explain(text)
    if rule is None:
        st.info(
            "No rule explains this message. The cards at the top say what is wrong here; if nothing"
            " there fits, copy the report and ask for help with both.",
            icon=":material/search_off:",
        )
    else:
        findings.rule_card(rule, "explained", "")
