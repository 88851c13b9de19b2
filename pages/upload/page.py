"""Recordings made elsewhere: files in, and how far the work on them is."""

import streamlit as st

from pages.shared import job_options
from pages.upload import dropzone, jobs

st.title("Upload")
options = st.container()
zone = st.container(key="zone")
with options:
    chosen = job_options.options()
with zone:
    dropzone.dropzone(chosen)
jobs.area()
