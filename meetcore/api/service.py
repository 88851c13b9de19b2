"""How routes reach the service: it is asked for when a request comes, and made by then."""

from __future__ import annotations

from collections.abc import Callable

from meetcore.service.meeting_service import MeetingService

Service = Callable[[], MeetingService]
