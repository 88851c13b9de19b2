"""The transcript as a file, and the recording."""

from __future__ import annotations

import streamlit as st

from meetcore.api import recordings
from meetcore.records import Meeting
from meetcore.text.names import file_stem
from meetcore.transcript.formats.registry import Export, Format, formats
from pages.shared import process


def downloads(meeting: Meeting) -> None:
    """A menu with one button for each format; a file is made when its button is pressed."""
    with st.popover("Download", icon=":material/download:"):
        for fmt in formats():
            st.download_button(
                fmt.label,
                data=lambda fmt=fmt: written(meeting, fmt),
                file_name=f"{file_stem(meeting.title)}.{fmt.extension}",
                mime=fmt.mime,
                key=f"download-{fmt.name}",
                on_click="ignore",
                type="tertiary",
            )
        # The server streams it: a button's data would be held in memory.
        if address := recordings.download_address(meeting, process.service().recordings_dir):
            st.link_button("Audio, as recorded", address, type="tertiary")


def written(meeting: Meeting, fmt: Format) -> bytes:
    """The best transcript there is, in one format."""
    store = process.service().store
    turns = store.turns(meeting.id)
    return fmt.write(Export(store.transcript(meeting.id), meeting.title, turns, meeting.duration))
