"""The test of the microphone and of the way from this browser to the server."""

from __future__ import annotations

from pages.http.connection_test import ROUTE
from pages.shared import element, microphone_faults, process, state

KEY = "loopback"

FAULTS = {
    **microphone_faults.FAULTS,
    "no-webrtc": "This browser cannot send live sound (it has no WebRTC). Open this page in a"
    " current Firefox, Chrome, Edge or Safari.",
    "other": "The browser could not open the microphone. Choose another one in the browser's"
    " settings, then press “Try again”.",
}
"""As the Live page says them, without the way round that is only offered there."""

draw = element.register(
    __file__, "connection_test", "microphone_access", "network_path", "connection_run"
)


def panel() -> None:
    """Draw the test; all of it happens between the browser and the route."""
    draw(
        key=KEY,
        data={
            "address": ROUTE,
            "tab": state.tab_id(),
            "faults": FAULTS,
            "iceServers": [
                server.model_dump(exclude_none=True) for server in process.settings().ice_servers
            ],
        },
    )
