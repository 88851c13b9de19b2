"""The Live page before a meeting: Start, microphone, title, language."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from meetcore.errors import MeetcoreError
from meetcore.records import Mode
from meetcore.text.names import LONGEST_TITLE
from pages.live import start_button
from pages.shared import links, notice, process, state, style
from pages.shared.language_picker import language_picker, picked

TITLE_KEY = "title"
CLEAN_KEY = "clean-up"
LANGUAGE_KEY = "language"


def default_title(now: datetime) -> str:
    """The title of a meeting for which none was typed: its date and time.

    >>> default_title(datetime(2026, 11, 22, 14, 5))
    'Meeting, 22 November 14:05'
    """
    return f"Meeting, {now.day} {now:%B %H:%M}"


def start_page() -> None:
    """Draw the page."""
    style.hero("Who is saying what, as it is said", "Nothing leaves this machine.")
    with st.container(key="setup", horizontal_alignment="center"):
        start_button.start_button(
            start=start, fault=note_fault, clean_up=bool(state.widget_value(CLEAN_KEY))
        )
        st.text_input(
            "Title",
            key=TITLE_KEY,
            placeholder=default_title(datetime.now()),
            max_chars=LONGEST_TITLE,
            width=430,
        )
        with st.container(horizontal=True, horizontal_alignment="center"):
            options()
    if state.fault():
        fallback()


def options() -> None:
    """Draw the choice of languages and the noise reduction."""
    models = process.service().models()
    if models is not None and models.mode is not Mode.RECORDING_ONLY:
        language_picker(LANGUAGE_KEY, models.languages == ("en",), width=300)
    st.toggle(
        "Reduce noise and echo",
        key=CLEAN_KEY,
        help="For people on loudspeakers. Leave it off in a meeting room: browsers that reduce"
        " noise also remove voices that are far from the microphone.",
    )


def start(device_id: str | None) -> None:
    """Begin a meeting with the chosen microphone; called when the browser has opened it."""
    current = state.recording()
    if current is not None and state.is_recording(current.meeting_id):
        return
    with notice.showing_errors():
        title = state.typed_text(TITLE_KEY)
        meeting_id = process.service().start(
            title or default_title(datetime.now()), picked(LANGUAGE_KEY)
        )
        state.note_fault(None)
        state.begin_recording(meeting_id, device_id, clean_up=bool(state.widget_value(CLEAN_KEY)))


def note_fault(kind: str) -> None:
    """Keep why the microphone did not open, so that the page offers `fallback`."""
    state.note_fault(kind)


def fallback() -> None:
    """Draw Streamlit's recorder, whose recording becomes a meeting too."""
    with st.container(border=True, key="fallback"):
        st.markdown(
            "**Another way:** record here without live text; it is transcribed when you stop."
        )
        recorded = st.audio_input("Record", key="fallback-recorder", label_visibility="collapsed")
        if recorded is not None:
            add(recorded.getvalue())


def add(data: bytes) -> None:
    """Make a meeting of a finished recording and open its page."""
    try:
        meeting_id = process.service().add_recording(
            state.typed_text(TITLE_KEY) or default_title(datetime.now()), data
        )
    except MeetcoreError as error:
        notice.error(str(error))
        return
    state.note_fault(None)
    st.switch_page(links.MEETING, query_params={"id": meeting_id})
