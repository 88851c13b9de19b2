"""The transcript as a file."""

from __future__ import annotations

import re

import streamlit as st

from meetcore.records import Meeting
from meetcore.transcript.formats.registry import FORMATS, Export, Format
from pages.components import session


def downloads(meeting: Meeting) -> None:
    """A menu with one button for each format; a file is made when its button is pressed."""
    with st.popover("Download", icon=":material/download:"):
        for fmt in FORMATS:
            st.download_button(
                fmt.label,
                data=lambda fmt=fmt: written(meeting, fmt),
                file_name=f"{file_stem(meeting.title)}.{fmt.extension}",
                mime=fmt.mime,
                key=f"download-{fmt.name}",
                on_click="ignore",
                type="tertiary",
            )


def written(meeting: Meeting, fmt: Format) -> bytes:
    """The best transcript there is, in one format."""
    transcript = session.service().store.transcript(meeting.id)
    return fmt.write(Export(transcript, meeting.title))


def file_stem(title: str) -> str:
    """A title as a file's name.

    >>> file_stem("Meeting, 22 November 14:05")
    'Meeting, 22 November 14-05'
    >>> file_stem("../..")
    'transcript'
    """
    safe = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', "-", title).strip(" .-")
    return safe[:80] or "transcript"
