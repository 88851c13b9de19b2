"""The panel that tests the microphone and the connection to the server."""

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
"""The sentences of the Live page, without the recorder that only that page offers."""

draw = element.register(
    __file__, "connection_test", "microphone_access", "network_path", "connection_run"
)


def panel() -> None:
    """Draw the test; its script talks to the route itself."""
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
