"""The test of the microphone and of the way from this browser to the server."""

from __future__ import annotations

from pages.components import bidi, loopback_route, probe, session

KEY = "loopback"

FAULTS = {
    **probe.FAULTS,
    "no-webrtc": "This browser cannot send live sound (it has no WebRTC). Open this page in a"
    " current Firefox, Chrome, Edge or Safari.",
    "other": "The browser could not open the microphone. Choose another one in the browser's"
    " settings, then press “Try again”.",
}
"""As the Live page says them, without the way round that is only offered there."""

draw = bidi.register("loopback")


def panel() -> None:
    """Draw the test; all of it happens between the browser and the route."""
    draw(
        key=KEY,
        data={
            "address": loopback_route.ROUTE,
            "tab": session.tab_id(),
            "faults": FAULTS,
            "iceServers": [
                server.model_dump(exclude_none=True) for server in session.settings().ice_servers
            ],
        },
    )
