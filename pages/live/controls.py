"""The element with a running meeting's title, recorded time, level, and its buttons."""

from __future__ import annotations

from meetcore.api import live, meetings
from meetcore.records import LiveSnapshot
from pages.shared import element

draw = element.register(
    __file__, "controls", "outbox", "send_change", "recorder", "meter", "meeting_title"
)


def controls(snapshot: LiveSnapshot) -> None:
    """Draw the title, the recorded time, the level of the last 100 ms, Pause and Stop.

    The buttons ask the server themselves: a run of the page's script would come too late.
    """
    draw(
        key=f"controls-{snapshot.meeting_id}",
        data={
            "meeting": snapshot.meeting_id,
            "live": live.ROUTE.format(id=snapshot.meeting_id),
            "change": meetings.ROUTE.format(id=snapshot.meeting_id),
            "title": snapshot.title,
            "state": snapshot.state.value,
            "elapsed": snapshot.elapsed,
            "level": snapshot.level_db,
        },
    )
