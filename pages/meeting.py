"""One meeting: player, talk time, transcript, names, downloads."""

import streamlit as st

from pages.components import address, ended, routes

st.page_link(routes.MEETINGS, label="Meetings", icon=":material/arrow_back:")
meeting_id = address.opened_meeting()
if meeting_id is None:
    st.info("No meeting is chosen.", icon=":material/forum:")
else:
    ended.ended(meeting_id)
