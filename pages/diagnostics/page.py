"""The Diagnostics page."""

import streamlit as st

from pages.diagnostics import sections

st.title("Diagnostics")
sections.page()
