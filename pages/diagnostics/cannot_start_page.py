"""The page that replaces all others where the service cannot be made."""

import streamlit as st

from pages.diagnostics import cannot_start

st.title("Meetcore cannot run here yet")
cannot_start.blocked()
