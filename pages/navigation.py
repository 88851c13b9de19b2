"""Around every page: page config, style, sidebar, and the microphone that outlives page changes."""

import streamlit as st

from pages.components import capture, look, notice, routes, session, sidebar

st.set_page_config(page_title="Meetcore", page_icon=look.MARK, layout="centered")
look.style()
st.logo(look.WORD_MARK, icon_image=look.MARK, size="large")
if session.blocked():
    st.navigation([st.Page(routes.BLOCKED, title="Diagnostics")]).run()
    st.stop()
page = st.navigation(
    [
        st.Page(routes.LIVE, title="Live", icon=":material/mic:", default=True),
        st.Page(routes.UPLOAD, title="Upload", icon=":material/upload_file:"),
        st.Page(routes.MEETINGS, title="Meetings", icon=":material/forum:"),
        st.Page(routes.MEETING, title="Meeting", url_path="meeting", visibility="hidden"),
        st.Page(routes.SPEAKERS, title="Speakers", icon=":material/record_voice_over:"),
        st.Page(routes.DIAGNOSTICS, title="Diagnostics", icon=":material/monitor_heart:"),
    ]
)
session.resume()
sidebar.sidebar()
capture.reattach()
capture.microphone()
notice.trouble()
page.run()
