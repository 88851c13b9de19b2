"""The only module that uses st.query_params: which meeting, second or rule a page shows."""

from __future__ import annotations

import streamlit as st


def shown_meeting() -> str | None:
    """The meeting in the address, on any page."""
    return st.query_params.get("meeting")


def show_meeting(meeting_id: str | None, microphone: bool = False) -> None:
    """Put a meeting into the address, or take it out."""
    for name, value in (("meeting", meeting_id), ("mic", "1" if microphone else None)):
        if value is None:
            if name in st.query_params:
                del st.query_params[name]
        elif st.query_params.get(name) != value:
            st.query_params[name] = value


def wants_microphone() -> bool:
    """Whether the address says that this tab was recording before it was reloaded."""
    return st.query_params.get("mic") == "1"


def opened_meeting() -> str | None:
    """The meeting the address of the Meeting page names."""
    return st.query_params.get("id")


def opened_at() -> float | None:
    """The second at which the address of the Meeting page opens it."""
    try:
        return max(0.0, float(st.query_params["t"]))
    except (KeyError, ValueError):
        return None


def asked_rule() -> str | None:
    """The rule that the address of the Diagnostics page names."""
    return st.query_params.get("rule")


def ask_rule(rule: str | None) -> None:
    """Put a rule into the address, or take it out."""
    if rule is not None:
        st.query_params["rule"] = rule
    elif "rule" in st.query_params:
        del st.query_params["rule"]
