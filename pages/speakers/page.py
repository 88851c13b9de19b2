"""The Speakers page: the voices that are recognised in new meetings."""

import streamlit as st

from pages.speakers import voices

st.title("Speakers")
voices.voice_list()
