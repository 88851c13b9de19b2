"""HTML snippets and text formats that pages share; all text is escaped."""

from __future__ import annotations

from html import escape

import streamlit as st

from meetcore.records import Meeting, MeetingState, Mode
from meetcore.text.dates import date_text
from meetcore.text.durations import length_text
from pages.shared import element

BARS = (
    '<rect width="32" height="32" rx="9" fill="#0b6e5f"/>'
    '<g stroke-width="2.8" stroke-linecap="round">'
    '<path stroke="#fff" d="M8 13.5v5M13.3 9v14"/>'
    '<path stroke="#ffc07a" d="M18.7 11.5v9M24 14.5v3"/></g>'
)
MARK = f'<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32">{BARS}</svg>'
WORD_MARK = (
    f'<svg xmlns="http://www.w3.org/2000/svg" width="150" height="32">{BARS}<text x="42" y="23"'
    ' font-family="Source Sans, Inter, Segoe UI, system-ui, sans-serif" font-size="21"'
    ' font-weight="700" letter-spacing="-.4" fill="#23917f">Meetcore</text></svg>'
)

MODE_TEXT = {
    Mode.FULL: ("light-dark(#1a7a3a, #5fd08a)", "Words and speakers"),
    Mode.TRANSCRIPTION_ONLY: ("light-dark(#b07400, #f0bd4f)", "Words only"),
    Mode.RECORDING_ONLY: ("light-dark(#c2303a, #ff7a80)", "Recording only"),
}

STATE_TEXT = {
    MeetingState.LIVE: ("light-dark(#c2303a, #ff7a80)", "Live"),
    MeetingState.INTERRUPTED: ("light-dark(#946100, #f0bd4f)", "Interrupted"),
    MeetingState.FINALIZING: ("light-dark(#1d5fd1, #84b4ff)", "In work"),
    MeetingState.DONE: ("light-dark(#1a7a3a, #5fd08a)", "Done"),
    MeetingState.FAILED: ("light-dark(#c2303a, #ff7a80)", "Failed"),
}


def style() -> None:
    """Add Meetcore's CSS to the page."""
    with st.container(key="style"):
        st.html(element.style_of(__file__, "page"))


def hero(title: str, line: str) -> None:
    """Draw a large centred heading with one line under it."""
    st.html(f'<div class="meetcore-hero"><h1>{escape(title)}</h1><p>{escape(line)}</p></div>')


def facts(*items: str) -> None:
    """Draw a few short facts in one line; empty ones are left out."""
    spans = "".join(f"<span>{escape(item)}</span>" for item in items if item)
    st.html(f'<div class="meetcore-facts">{spans}</div>')


def counted(number: int, thing: str) -> str:
    """A number with what it counts.

    >>> counted(1, "speaker"), counted(3, "speaker")
    ('1 speaker', '3 speakers')
    """
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def meeting_facts(meeting: Meeting) -> None:
    """Draw a meeting's date, length, and recognizer."""
    facts(date_text(meeting.created_at), length_text(meeting.duration), meeting.recognizer)


def paragraph(title: str, text: str) -> str:
    """HTML of a bold line with a sentence under it."""
    return f"<b>{escape(title)}</b><br>{escape(text)}"


def table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Draw a plain table."""
    head = "".join(f"<th scope=col>{escape(heading)}</th>" for heading in headings)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    st.html(
        f'<table class="meetcore-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    )
