"""The menu of downloads: the transcript in each format, and the recording."""

from __future__ import annotations

from functools import partial

import streamlit as st

from meetcore.api import recordings
from meetcore.records import Meeting
from meetcore.service.exporting import export_of
from meetcore.text.names import file_stem
from meetcore.transcript.formats.registry import Format, formats
from pages.shared import process
from pages.shared.plain_text import plain


def downloads(meeting: Meeting) -> None:
    """Draw the menu; a file is written when its button is pressed."""
    with st.popover("Download", icon=":material/download:"):
        for fmt in formats():
            st.download_button(
                plain(fmt.label),
                data=partial(written, meeting, fmt),
                file_name=f"{file_stem(meeting.title)}.{fmt.extension}",
                mime=fmt.mime,
                key=f"download-{fmt.name}",
                on_click="ignore",
                type="tertiary",
            )
        # A download button would hold the whole recording in memory.
        if address := recordings.download_address(meeting, process.service().recordings_dir):
            st.link_button("Audio, as recorded", address, type="tertiary")


def written(meeting: Meeting, fmt: Format) -> bytes:
    """The transcript in force in one format."""
    return fmt.write(export_of(process.service().store, meeting))
