"""The element with the recorded time and the level meter."""

from __future__ import annotations

from meetcore.records import LiveSnapshot, LiveState
from pages.shared import element

draw = element.register(__file__, "meter")

STATE_TEXT = {
    LiveState.LISTENING: "Recording",
    LiveState.PAUSED: "Paused",
    LiveState.STOPPING: "Finishing…",
    LiveState.STOPPED: "Stopped",
}


def meter(snapshot: LiveSnapshot) -> None:
    """Draw the dot, the recorded time and the level of the last 100 ms."""
    draw(
        key=f"meter-{snapshot.meeting_id}",
        data={
            "state": snapshot.state.value,
            "text": STATE_TEXT[snapshot.state],
            "elapsed": snapshot.elapsed,
            "level": snapshot.level_db,
        },
    )
