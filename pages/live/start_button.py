"""The Start button: asks the browser for the microphone, and says what stands in the way."""

from __future__ import annotations

from collections.abc import Callable

from pages.shared import element, notice, state
from pages.shared.microphone_faults import FAULTS

draw = element.register(__file__, "start_button", "microphone_access")

KEY = "start"


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
        asked = state.component_value(KEY, "start")
        if asked and state.hear(asked["id"]):
            start(asked.get("deviceId"))

    def failed() -> None:
        asked = state.component_value(KEY, "fault")
        if asked and state.hear(asked["id"]):
            fault(str(asked["kind"]))

    draw(
        key=KEY,
        data={
            "faults": FAULTS,
            "rules": {kind: notice.rule_of(text) for kind, text in FAULTS.items()},
            "heard": state.heard(),
            "cleanUp": clean_up,
        },
        on_start_change=started,
        on_fault_change=failed,
    )
