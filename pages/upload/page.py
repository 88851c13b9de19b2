"""The Upload page: files are sent here, and the jobs that transcribe them."""

import streamlit as st

from pages.shared import job_options
from pages.upload import dropzone, jobs

st.title("Upload")
options = st.container()
zone = st.container(key="zone")
with options:
    chosen, summary = job_options.options()
with zone:
    dropzone.dropzone(chosen, summary)
jobs.job_list()
