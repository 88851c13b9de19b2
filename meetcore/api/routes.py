"""All routes that need no Streamlit, built over one service."""

from __future__ import annotations

from starlette.routing import Route

from meetcore.api import recordings, transcripts, uploads
from meetcore.api.service import Service


def api_routes(service: Service) -> list[Route]:
    """Recordings, transcripts and uploads, answered by the service that is handed in."""
    return [
        *recordings.routes(service),
        *transcripts.routes(service),
        *uploads.routes(service),
    ]
