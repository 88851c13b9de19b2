"""How routes get the MeetingService, and refuse while it cannot start."""

from __future__ import annotations

from collections.abc import Callable

from meetcore.api.responses import RefusedError
from meetcore.errors import MeetcoreError
from meetcore.service.protocol import ServiceProtocol

GetService = Callable[[], ServiceProtocol]
"""May block and raise where the service cannot start: call it on a thread."""


def require_service(service: GetService) -> ServiceProtocol:
    """The service, for a request that needs it.

    Raises
    ------
    RefusedError
        The service cannot start; the status is 503, the text says why.
    """
    try:
        return service()
    except (MeetcoreError, OSError) as error:
        raise RefusedError(str(error), 503) from error
