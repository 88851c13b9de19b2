"""Shown instead of every page where Meetcore cannot run: why, and how to mend it."""

import streamlit as st

from pages.diagnostics import blocked

st.title("Meetcore cannot run here yet")
blocked.blocked()
