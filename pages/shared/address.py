"""URL parameters (only user of st.query_params): meeting, start time, rule."""

from __future__ import annotations

import math

import streamlit as st

LATEST_S = 1e6
"""No recording is longer."""


def shown_meeting() -> str | None:
    """The id of the running meeting in the address; None where there is none."""
    return st.query_params.get("meeting")


def show_meeting(meeting_id: str | None, microphone: bool = False) -> None:
    """Put a running meeting into the address, or remove it."""
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
    """The id of the meeting that the Meeting page shows; None where the address has none."""
    return st.query_params.get("id")


def opened_at() -> float | None:
    """The second at which the Meeting page opens; None where the address has none."""
    try:
        at = float(st.query_params["t"])
    except (KeyError, ValueError):
        return None
    return min(max(0.0, at), LATEST_S) if math.isfinite(at) else None


def asked_rule() -> str | None:
    """The id of the rule that the Diagnostics page shows first; None where the address has none."""
    return st.query_params.get("rule")


def ask_rule(rule: str | None) -> None:
    """Put a rule into the address, or remove it."""
    if rule is not None:
        st.query_params["rule"] = rule
    elif "rule" in st.query_params:
        del st.query_params["rule"]
