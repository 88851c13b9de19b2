"""`api_routes`: every HTTP route of this package."""

from __future__ import annotations

from starlette.routing import Route

from meetcore.api import edits, live, meetings, profiles, recordings, transcripts, uploads
from meetcore.api.change_endpoints import Actions
from meetcore.api.get_service import GetService


def api_routes(service: GetService) -> list[Route]:
    """The routes of recordings, transcripts, uploads, meetings, corrections and voices."""
    actions = Actions(service)
    return [
        *recordings.routes(service),
        *transcripts.routes(service),
        *uploads.routes(service),
        *meetings.routes(actions),
        *live.routes(service, actions),
        *edits.routes(actions),
        *profiles.routes(service, actions),
    ]
