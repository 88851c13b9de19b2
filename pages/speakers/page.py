"""The voices that people asked to be recognised again."""

import streamlit as st

from pages.speakers import voices

st.title("Speakers")
voices.area()
