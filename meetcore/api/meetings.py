"""Routes of whole meetings: title, deletion, and the job that transcribes them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AwareDatetime, Field
from starlette.routing import Route

from meetcore.api.change_endpoints import Actions, Body, NoFields, Title
from meetcore.errors import MeetingStateError
from meetcore.records import JobState
from meetcore.service.meeting_date import set_date
from meetcore.service.protocol import ServiceProtocol

ROUTE = "/api/meetings/{id}"


class MeetingChange(Body):
    """What is changed of a meeting; None leaves it as it is."""

    title: Title | None = None
    began: AwareDatetime | None = None


class JobAction(StrEnum):
    """What is to happen with a meeting's job."""

    RETRY = "retry"
    CANCEL = "cancel"
    FINISH = "finish"


class JobRequest(Body):
    """RETRY goes on where a job failed, CANCEL gives it up, FINISH does what is missing."""

    action: Annotated[JobAction, Field(strict=False)]


def routes(actions: Actions) -> list[Route]:
    """PATCH changes title or date; DELETE hides a meeting, for some seconds restore undoes it."""
    return [
        Route(ROUTE, actions.endpoint(MeetingChange, change), methods=["PATCH"]),
        Route(ROUTE, actions.endpoint(NoFields, delete), methods=["DELETE"]),
        Route(f"{ROUTE}/restore", actions.endpoint(NoFields, restore), methods=["POST"]),
        Route(f"{ROUTE}/job", actions.endpoint(JobRequest, job), methods=["POST"]),
    ]


def change(service: ServiceProtocol, meeting_id: str, asked: MeetingChange) -> dict[str, Any]:
    """Change the title, of a running meeting too, or the date of one that has ended.

    Raises
    ------
    MeetingStateError
        The title is empty, or the date is not one of a meeting that has taken place.
    MeetingNotFoundError, StoreError
        There is no such meeting, or the database refuses.
    """
    live = service.live(meeting_id)
    if asked.began is not None:
        if live is not None:
            raise MeetingStateError("The meeting still runs. Stop it, then change its date.")
        set_date(service.store, meeting_id, asked.began)
        if asked.title is None:
            return {}
    if not asked.title:
        raise MeetingStateError("A meeting needs a title. Type one.")
    if live is not None:
        live.set_title(asked.title)
    else:
        service.store.update(meeting_id, title=asked.title)
    return {"title": asked.title}


def delete(service: ServiceProtocol, meeting_id: str, asked: NoFields) -> dict[str, Any]:
    """Hide a meeting; raises MeetingStateError while it runs."""
    service.delete(meeting_id)
    return {}


def restore(service: ServiceProtocol, meeting_id: str, asked: NoFields) -> dict[str, Any]:
    """Take a deletion back; raises MeetingNotFoundError when it is too late."""
    service.restore(meeting_id)
    return {}


def job(service: ServiceProtocol, meeting_id: str, asked: JobRequest) -> dict[str, Any]:
    """Do something with a meeting's job; raises MeetingStateError while the meeting runs."""
    match asked.action:
        case JobAction.RETRY:
            service.retry(meeting_id)
        case JobAction.CANCEL:
            service.cancel(meeting_id)
        case JobAction.FINISH:
            finish(service, meeting_id)
    return {}


def finish(service: ServiceProtocol, meeting_id: str) -> None:
    """Go on with a job that failed or was cancelled, else do the second pass of a recording."""
    job = service.store.jobs.get(meeting_id)
    if job is not None and job.state in (JobState.FAILED, JobState.CANCELLED):
        service.retry(meeting_id)
    else:
        service.finalize(meeting_id)
