"""The Live page: the Start button, then the running meeting."""

import streamlit as st

from pages.live import running, start
from pages.shared import address, links, process

meeting_id = address.shown_meeting()
if meeting_id is None:
    start.start_page()
elif process.service().live(meeting_id) is not None:
    running.running(meeting_id)
else:
    st.switch_page(links.MEETING, query_params={"id": meeting_id})
