"""The work on files and recordings, as the page shows it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from meetcore.errors import MeetingNotFoundError
from meetcore.records import Job, JobStage, JobState, Meeting
from pages.components import actions, bidi, look, notice, opening, session

draw = bidi.register("jobs", "listed")

KEY = "jobs"
REFRESH_S = 1.0
SHOWN = 20

STAGES = {
    JobStage.DECODING: "Reading the file",
    JobStage.RECOGNIZING: "Recognizing",
    JobStage.DIARIZING: "Finding speakers",
    JobStage.ATTRIBUTING: "Putting it together",
}
ORDER = tuple(STAGES)
ACTIVE = (JobState.QUEUED, JobState.RUNNING)


@st.fragment(run_every=REFRESH_S)
def area() -> None:
    """All jobs, newest first, looked at once a second."""
    draw(key=KEY, data=payload(), on_act_change=actions.callback(KEY, handlers()))
    opening.go()


def handlers() -> actions.Handlers:
    """What can be done with a job."""
    service = session.service()
    return {
        "cancel": lambda asked: service.cancel(str(asked["meeting"])),
        "retry": lambda asked: service.retry(str(asked["meeting"])),
        "open": lambda asked: opening.ask(str(asked["meeting"])),
        "more": lambda asked: session.remember(KEY, session.remembered(KEY, SHOWN) + SHOWN),
    }


def payload() -> dict[str, Any]:
    """The jobs as their element draws them."""
    store = session.service().store
    everything = store.jobs.list()
    waiting = [job.meeting_id for job in reversed(everything) if job.state is JobState.QUEUED]
    busy = sum(job.state is JobState.RUNNING for job in everything)
    shown = session.remembered(KEY, SHOWN)
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
        "length": look.duration_text(meeting.duration) if meeting.duration else "",
        "state": job.state.value,
        "stage": ORDER.index(job.stage),
        "progress": 0.0 if job.state is JobState.QUEUED else round(job.progress, 3),
        "words": words(job, ahead),
        "remaining": remaining_text(job),
        "trouble": job.detail if job.state is JobState.FAILED else "",
        "rule": notice.rule_of(job.detail) if job.state is JobState.FAILED else "",
        "note": job.detail if job.state is JobState.DONE else "",
        "opens": opens(meeting, job),
    }


def opens(meeting: Meeting, job: Job) -> bool:
    """Whether there is something to see: a transcript that grows, or a recording."""
    return job.state is JobState.DONE or meeting.duration > 0


def words(job: Job, ahead: int = 0) -> str:
    """Where the job is, in a few words.

    >>> words(Job("m", JobState.QUEUED, JobStage.DECODING), 2)
    'Waiting, 2 before it'
    """
    if job.state is JobState.QUEUED:
        return f"Waiting, {ahead} before it" if ahead else "Waiting, next in line"
    if job.state is JobState.RUNNING:
        return STAGES[job.stage]
    return {
        JobState.DONE: "Done",
        JobState.FAILED: "Failed",
        JobState.CANCELLED: "Cancelled",
    }[job.state]


def remaining_text(job: Job) -> str:
    """The expected time to the end, as people say it; empty while nobody can tell.

    >>> remaining_text(Job("m", JobState.RUNNING, JobStage.RECOGNIZING, remaining_s=170.0))
    'about 3 min'
    """
    if job.state is not JobState.RUNNING or job.remaining_s is None:
        return ""
    seconds = job.remaining_s
    if seconds < 10:
        return "a few seconds"
    if seconds < 50:
        return f"about {round(seconds / 10) * 10} s"
    minutes = max(1, round(seconds / 60))
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"about {minutes} min"
    return f"about {hours} h {rest} min" if rest else f"about {hours} h"
