"""The progress of a meeting's job, and the transcript so far."""

from __future__ import annotations

import streamlit as st

from meetcore.records import Job, JobState, Meeting, MeetingState
from pages.meeting import editor
from pages.shared import job_text, notice, process
from pages.shared.plain_text import plain

REFRESH_S = 0.5
GROWING_S = 2.0


@st.fragment(run_every=REFRESH_S)
def progress_bar(meeting_id: str) -> None:
    """Draw the bar above the old transcript, which is shown until the new one is complete."""
    draw_bar(meeting_id)


@st.fragment(run_every=GROWING_S)
def progress_and_transcript(meeting_id: str) -> None:
    """Draw the bar and the transcript so far; the page is drawn again when the job has ended."""
    meeting = draw_bar(meeting_id)
    transcript = process.service().store.transcript(meeting_id)
    if transcript.segments:
        editor.final_view(meeting, transcript, editable=False)


def draw_bar(meeting_id: str) -> Meeting:
    """Draw the progress bar with a Cancel button; gives the meeting."""
    meeting = process.service().store.get(meeting_id)
    if meeting.state not in (MeetingState.FINALIZING, MeetingState.LIVE):
        st.rerun(scope="app")
    if meeting.state is MeetingState.LIVE:
        st.progress(0.0, text="Writing down the last words…")
        return meeting
    job = process.service().store.jobs.get(meeting_id)
    share = job.overall if job else meeting.progress
    st.progress(min(1.0, max(0.0, share)), text=plain(progress_text(job, share)))
    if job is not None:
        st.button(
            "Cancel",
            key=f"cancel-{meeting_id}",
            icon=":material/close:",
            on_click=cancel,
            args=(meeting_id,),
            help="What is done so far is kept.",
        )
    return meeting


def progress_text(job: Job | None, share: float) -> str:
    """The job in one line: stage, share, remaining time.

    >>> progress_text(None, 0.42)
    'Transcribing the whole recording: 42%'
    """
    if job is None:
        return f"Transcribing the whole recording: {share:.0%}"
    if job.state is JobState.QUEUED:
        return "Waiting for its turn"
    left = job_text.remaining_text(job)
    return f"{job_text.words(job)}: {share:.0%}" + (f", {left} left" if left else "")


def cancel(meeting_id: str) -> None:
    """Cancel the meeting's job."""
    with notice.showing_errors():
        process.service().cancel(meeting_id)
