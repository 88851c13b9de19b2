"""The Meetings page: all meetings, with a search in what was said."""

import streamlit as st

from pages.meetings import library

st.title("Meetings")
library.meeting_list()
