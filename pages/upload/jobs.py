"""The list of jobs: the files and recordings that are transcribed."""

from __future__ import annotations

from typing import Any

import streamlit as st

from meetcore.records import Job, JobState, Meeting
from meetcore.service.newest_jobs import newest_jobs
from meetcore.service.trash import RESTORE_WINDOW_S
from meetcore.text.durations import length_text
from pages.shared import element, job_text, notice, open_meeting, process, state

draw = element.register(__file__, "jobs", "list_controls", "outbox", "send_change")

KEY = "jobs"
REFRESH_S = 1.0
SHOWN = 20


@st.fragment(run_every=REFRESH_S)
def job_list() -> None:
    """Draw the jobs, newest first, once a second."""
    draw(
        key=KEY,
        data=payload(),
        on_open_change=lambda: open_meeting.request_open(state.component_value(KEY, "open")),
        on_shown_change=show_more,
    )
    open_meeting.open_requested()


def show_more() -> None:
    """Keep how many jobs are shown, while other pages are shown too."""
    state.remember(KEY, int(state.component_value(KEY, "shown") or SHOWN))


def payload() -> dict[str, Any]:
    """The jobs as JSON for the element's script."""
    shown = state.remembered(KEY, SHOWN)
    found = newest_jobs(process.service().store, shown, SHOWN)
    return {
        "rows": [row(each.meeting, each.job, each.ahead) for each in found.jobs],
        "rest": found.older,
        "shown": shown,
        "step": SHOWN,
        "undoSeconds": RESTORE_WINDOW_S,
    }


def row(meeting: Meeting, job: Job, ahead: int = 0) -> dict[str, Any]:
    """One job as JSON for the element's script."""
    return {
        "id": meeting.id,
        "title": meeting.title,
        "file": meeting.source_name,
        "length": length_text(meeting.duration) if meeting.duration else "",
        "state": job.state.value,
        "stage": job_text.ORDER.index(job.stage),
        "progress": 0.0 if job.state is JobState.QUEUED else round(job.progress, 3),
        "words": job_text.words(job, ahead),
        "remaining": job_text.remaining_text(job),
        "trouble": job.detail if job.state is JobState.FAILED else "",
        "rule": notice.rule_of(job.detail) if job.state is JobState.FAILED else "",
        "note": job.detail if job.state in (JobState.DONE, JobState.QUEUED) else "",
        "opens": opens(meeting, job),
    }


def opens(meeting: Meeting, job: Job) -> bool:
    """Whether the meeting's page has a transcript or a recording to show."""
    return job.state is JobState.DONE or meeting.duration > 0
