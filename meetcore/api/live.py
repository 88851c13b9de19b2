"""Routes of a running meeting: stop, pause and resume, and what it does at the moment."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from meetcore.api.change_endpoints import Actions, Body, Id, NoFields
from meetcore.api.get_service import GetService, require_service
from meetcore.api.request_body import path_id, query_id
from meetcore.api.responses import RefusedError, refusal
from meetcore.errors import MeetingStateError
from meetcore.service.protocol import LiveMeetingProtocol, ServiceProtocol

ROUTE = "/api/meetings/{id}/live"
"""GET gives the state; its `?tab=` says that this tab is open. POST to an action changes it."""
ENDED = "ended"
"""The state of a meeting that does not run."""


class MicrophoneOff(Body):
    """`muted` names the tab that has turned its microphone off before it asked."""

    muted: Id | None = None


def routes(service: GetService, actions: Actions) -> list[Route]:
    """POST ends, pauses or resumes a running meeting; each may be repeated."""

    async def state(request: Request) -> Response:
        try:
            about = path_id(request)
            tab = query_id(request, "tab")
            found = (await run_in_threadpool(require_service, service)).live(about)
        except RefusedError as error:
            return refusal(error).response()
        if found is not None and tab:
            found.keep_alive(tab)
        snapshot = found.snapshot() if found is not None else None
        return JSONResponse(
            {
                "state": snapshot.state.value if snapshot else ENDED,
                "source": snapshot.source if snapshot else None,
            },
            headers={"Cache-Control": "no-store"},
        )

    return [
        Route(ROUTE, state, methods=["GET"]),
        Route(f"{ROUTE}/stop", actions.endpoint(MicrophoneOff, stop), methods=["POST"]),
        Route(f"{ROUTE}/pause", actions.endpoint(MicrophoneOff, pause), methods=["POST"]),
        Route(f"{ROUTE}/resume", actions.endpoint(NoFields, resume), methods=["POST"]),
    ]


def stop(service: ServiceProtocol, meeting_id: str, asked: MicrophoneOff) -> dict[str, Any]:
    """End the recording; nothing happens to a meeting that has ended.

    Raises
    ------
    MeetingNotFoundError, StoreError
        There is no such meeting, or the database refuses.
    """
    live = service.live(meeting_id)
    if live is None:
        service.store.get(meeting_id)
    else:
        live.stop(asked.muted)
    return {}


def pause(service: ServiceProtocol, meeting_id: str, asked: MicrophoneOff) -> dict[str, Any]:
    """Record nothing until `resume`; raises MeetingStateError when the meeting does not run."""
    _running(service, meeting_id).pause(asked.muted)
    return {}


def resume(service: ServiceProtocol, meeting_id: str, asked: NoFields) -> dict[str, Any]:
    """Record again; raises MeetingStateError when the meeting does not run."""
    _running(service, meeting_id).resume()
    return {}


def _running(service: ServiceProtocol, meeting_id: str) -> LiveMeetingProtocol:
    live = service.live(meeting_id)
    if live is None:
        raise MeetingStateError("This meeting has ended. Open it from the list of meetings.")
    return live
