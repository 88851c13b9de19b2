"""All meetings: found again by what was said, by whom, and when."""

import streamlit as st

from pages.meetings import library

st.title("Meetings")
library.area()
