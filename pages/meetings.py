"""All meetings: found again by what was said, by whom, and when."""

import streamlit as st

from pages.components import listing

st.title("Meetings")
listing.area()
