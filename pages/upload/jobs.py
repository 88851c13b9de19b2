"""The work on files and recordings, as the page shows it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from meetcore.errors import MeetingNotFoundError
from meetcore.records import Job, JobState, Meeting
from pages.shared import actions, element, job_text, notice, open_meeting, process, state, style

draw = element.register(__file__, "jobs", "listed")

KEY = "jobs"
REFRESH_S = 1.0
SHOWN = 20

ACTIVE = (JobState.QUEUED, JobState.RUNNING)


@st.fragment(run_every=REFRESH_S)
def area() -> None:
    """All jobs, newest first, looked at once a second."""
    draw(key=KEY, data=payload(), on_act_change=actions.callback(KEY, handlers()))
    open_meeting.go()


def handlers() -> actions.Handlers:
    """What can be done with a job."""
    service = process.service()
    return {
        "cancel": lambda asked: service.cancel(str(asked["meeting"])),
        "retry": lambda asked: service.retry(str(asked["meeting"])),
        "open": lambda asked: open_meeting.ask(str(asked["meeting"])),
        "more": lambda asked: state.remember(KEY, state.remembered(KEY, SHOWN) + SHOWN),
    }


def payload() -> dict[str, Any]:
    """The jobs as their element draws them."""
    store = process.service().store
    everything = store.jobs.list()
    waiting = [job.meeting_id for job in reversed(everything) if job.state is JobState.QUEUED]
    busy = sum(job.state is JobState.RUNNING for job in everything)
    shown = state.remembered(KEY, SHOWN)
    rows = []
    for job in everything[:shown]:
        try:
            meeting = store.get(job.meeting_id)
        except MeetingNotFoundError:
            continue
        ahead = busy + waiting.index(job.meeting_id) if job.state is JobState.QUEUED else 0
        rows.append(row(meeting, job, ahead))
    return {"rows": rows, "rest": max(0, len(everything) - shown), **actions.common()}


def row(meeting: Meeting, job: Job, ahead: int = 0) -> dict[str, Any]:
    """One job in words and numbers."""
    return {
        "id": meeting.id,
        "title": meeting.title,
        "file": meeting.source_name,
        "length": style.duration_text(meeting.duration) if meeting.duration else "",
        "state": job.state.value,
        "stage": job_text.ORDER.index(job.stage),
        "progress": 0.0 if job.state is JobState.QUEUED else round(job.progress, 3),
        "words": job_text.words(job, ahead),
        "remaining": job_text.remaining_text(job),
        "trouble": job.detail if job.state is JobState.FAILED else "",
        "rule": notice.rule_of(job.detail) if job.state is JobState.FAILED else "",
        "note": job.detail if job.state is JobState.DONE else "",
        "opens": opens(meeting, job),
    }


def opens(meeting: Meeting, job: Job) -> bool:
    """Whether there is something to see: a transcript that grows, or a recording."""
    return job.state is JobState.DONE or meeting.duration > 0
