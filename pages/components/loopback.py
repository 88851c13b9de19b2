"""The test of the microphone and of the way from this browser to the server."""

from __future__ import annotations

import streamlit as st


def panel() -> None:
    """Draw the test."""
    st.caption("The test of the microphone is being made.")
