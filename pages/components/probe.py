"""The Start button: asks the browser for the microphone, and says what stands in the way."""

from __future__ import annotations

from collections.abc import Callable

from pages.components import bidi, notice, session

draw = bidi.register("start")

KEY = "start"

FAULTS = {
    "denied": "The browser does not let this page use the microphone. Allow it by the icon beside"
    " the address, then press “Try again”.",
    "no-device": "No microphone was found. Connect one, then press “Try again”.",
    "busy": "Another program holds the microphone. Close it there, then press “Try again”.",
    "gone": "The chosen microphone is no longer connected. The default one is selected now:"
    " press “Try again”.",
    "no-webrtc": "This browser cannot send live sound (it has no WebRTC). Record below instead, or"
    " open this page in a current Firefox, Chrome, Edge or Safari.",
    "no-microphone-access": "This browser offers pages no microphone. Open this page in a current"
    " Firefox, Chrome, Edge or Safari.",
    "insecure": "Browsers give the microphone only to pages on localhost or https. Open this page"
    " as http://localhost on the machine itself, or put https in front of it.",
    "other": "The browser could not open the microphone. Choose another one, or record below.",
}


def start_button(
    start: Callable[[str | None], None], fault: Callable[[str], None], clean_up: bool
) -> None:
    """Draw the button and the choice of microphone.

    Parameters
    ----------
    start : Callable[[str | None], None]
        Called with the chosen device's id once the browser has opened it; None is the default one.
    fault : Callable[[str], None]
        Called with a key of `FAULTS` when the browser refused.
    clean_up : bool
        Whether the browser may reduce noise and echo.
    """

    def started() -> None:
        asked = session.component_value(KEY, "start")
        if asked and session.hear(asked["id"]):
            start(asked.get("deviceId"))

    def failed() -> None:
        asked = session.component_value(KEY, "fault")
        if asked and session.hear(asked["id"]):
            fault(str(asked["kind"]))

    draw(
        key=KEY,
        data={
            "faults": FAULTS,
            "rules": {kind: notice.rule_of(text) for kind, text in FAULTS.items()},
            "heard": session.heard(),
            "cleanUp": clean_up,
        },
        on_start_change=started,
        on_fault_change=failed,
    )
