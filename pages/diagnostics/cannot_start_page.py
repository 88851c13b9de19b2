"""Streamlit page instead of every other when MeetingService cannot start."""

import streamlit as st

from pages.diagnostics import cannot_start

st.title("Meetcore cannot run here yet")
cannot_start.body()
