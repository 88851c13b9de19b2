"""The start page: one button, then who says what while it is said."""

import streamlit as st

from pages.components import address, ended, running, session, starting

meeting_id = address.shown_meeting()
if meeting_id is None:
    starting.starting()
elif session.service().live(meeting_id) is not None:
    running.running(meeting_id)
else:
    st.button("New meeting", icon=":material/mic:", on_click=address.show_meeting, args=(None,))
    ended.ended(meeting_id)
