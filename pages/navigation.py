"""Streamlit's entry script: menu, sidebar and microphone around every page."""

import streamlit as st

from pages.live import microphone
from pages.shared import connection, links, notice, process, sidebar, state, style

st.set_page_config(page_title="Meetcore", page_icon=style.MARK, layout="centered")
style.style()
connection.connection()
st.logo(style.WORD_MARK, icon_image=style.MARK, size="large")
if process.startup_error():
    st.navigation([st.Page(links.CANNOT_START, title="Diagnostics")]).run()
    st.stop()
page = st.navigation(
    [
        st.Page(links.LIVE, title="Live", icon=":material/mic:", default=True),
        st.Page(links.UPLOAD, title="Upload", url_path="upload", icon=":material/upload_file:"),
        st.Page(links.MEETINGS, title="Meetings", url_path="meetings", icon=":material/forum:"),
        st.Page(links.MEETING, title="Meeting", url_path="meeting", visibility="hidden"),
        st.Page(
            links.SPEAKERS,
            title="Speakers",
            url_path="speakers",
            icon=":material/record_voice_over:",
        ),
        st.Page(
            links.DIAGNOSTICS,
            title="Diagnostics",
            url_path="diagnostics",
            icon=":material/monitor_heart:",
        ),
    ]
)
state.resume()
sidebar.sidebar()
microphone.reattach()
microphone.microphone()
notice.last_error()
page.run()
