"""The Meeting page: one meeting that has ended."""

import streamlit as st

from pages.meeting import ended_meeting
from pages.shared import address, links

with st.container(horizontal=True):
    st.page_link(links.MEETINGS, label="Meetings", icon=":material/arrow_back:")
    st.page_link(links.LIVE, label="New meeting", icon=":material/mic:")
meeting_id = address.opened_meeting()
if meeting_id is None:
    st.info("No meeting is chosen.", icon=":material/forum:")
else:
    ended_meeting.ended_meeting(meeting_id)
