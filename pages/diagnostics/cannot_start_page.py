"""Shown instead of every page when MeetingService cannot start: title and body."""

import streamlit as st

from pages.diagnostics import cannot_start

st.title("Meetcore cannot run here yet")
cannot_start.body()
