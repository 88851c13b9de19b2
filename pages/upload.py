"""Recordings made elsewhere: files in, and how far the work on them is."""

import streamlit as st

from pages.components import choices, dropzone, jobs

st.title("Upload")
options = st.container()
zone = st.container(key="zone")
with options:
    chosen = choices.options()
with zone:
    dropzone.dropzone(chosen)
jobs.area()
