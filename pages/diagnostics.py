"""What works here, what does not, and how to mend it."""

import streamlit as st

from pages.components import diagnosis

st.title("Diagnostics")
diagnosis.page()
