"""All meetings, newest first."""

import streamlit as st

from pages.components import listing, look, routes, session

st.title("Meetings")
meetings = session.service().store.list_meetings()
if not meetings:
    look.facts(
        "Nothing here yet. Every meeting you record is kept on this machine and listed here."
    )
    st.page_link(routes.LIVE, label="Start the first one", icon=":material/mic:")
for meeting in meetings:
    listing.row(meeting)
