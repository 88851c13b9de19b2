"""What works here, what does not, and how to mend it."""

import streamlit as st

from pages.diagnostics import sections

st.title("Diagnostics")
sections.page()
