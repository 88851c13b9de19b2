"""How routes reach the service: they call this when a request comes."""

from __future__ import annotations

from collections.abc import Callable

from meetcore.service.protocol import ServiceProtocol

GetService = Callable[[], ServiceProtocol]
