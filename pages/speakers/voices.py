"""The element of the voice profiles: played, renamed, merged and deleted."""

from __future__ import annotations

from meetcore.api import profiles
from pages.shared import element

draw = element.register(__file__, "voices", "list_controls", "outbox", "send_change")

KEY = "voices"


def voice_list() -> None:
    """Draw the voices; the script fetches and changes them itself."""
    draw(key=KEY, data={"address": profiles.LIST_ROUTE})
