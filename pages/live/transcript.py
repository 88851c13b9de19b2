"""The transcript on the page while it grows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meetcore.records import (
    LiveSnapshot,
    LiveState,
    Mode,
    ModelsInUse,
)
from meetcore.text.names import LONGEST_NAME
from pages.shared import element, people, state

RESENT_TURNS = 8
"""Words of these last turns are sent each time; a page that lacks earlier ones asks for them."""

draw_live = element.register(__file__, "transcript")


def live_view(
    snapshot: LiveSnapshot, models: ModelsInUse | None, rename: Callable[[str, str], None]
) -> None:
    """The transcript so far, in the place where it grows.

    Parameters
    ----------
    rename : Callable[[str, str], None]
        Called with a speaker's label and the name a person typed for it.
    """
    key = f"live-{snapshot.meeting_id}"

    def missing() -> None:
        have = state.component_value(key, "missing")
        if have is not None:
            state.ask_rewind(snapshot.meeting_id, int(have))

    draw_live(
        key=key,
        data=live_payload(snapshot, models, state.take_rewind(snapshot.meeting_id)),
        on_missing_change=missing,
        on_rename_change=lambda: renamed(key, rename),
    )


def renamed(key: str, rename: Callable[[str, str], None]) -> None:
    """Pass a new name on, in the callback of an element."""
    asked = state.component_value(key, "rename")
    if asked and str(asked.get("name", "")).strip():
        rename(str(asked["label"]), str(asked["name"]).strip()[:LONGEST_NAME])


def live_payload(
    snapshot: LiveSnapshot, models: ModelsInUse | None, rewind: int | None = None
) -> dict[str, Any]:
    """What the growing transcript needs: all turns in short, the last ones' words in full."""
    counts = [len(segment.words) for segment in snapshot.segments]
    first = sum(counts[:-RESENT_TURNS])
    if rewind is not None:
        first = min(first, rewind)
    words = [word.text for segment in snapshot.segments for word in segment.words]
    labels = [segment.speaker for segment in snapshot.segments] + [snapshot.tentative_speaker]
    return {
        "meeting": snapshot.meeting_id,
        "first": first,
        "words": words[first:],
        "turns": [
            [count, segment.speaker, round(segment.start, 1)]
            for count, segment in zip(counts, snapshot.segments, strict=True)
        ],
        "tentative": [word.text for word in snapshot.tentative],
        "tentativeSpeaker": snapshot.tentative_speaker,
        "tentativeStart": snapshot.tentative[0].start if snapshot.tentative else 0.0,
        "people": people.described(snapshot.speakers, labels),
        "waiting": waiting_line(snapshot, models),
    }


def waiting_line(snapshot: LiveSnapshot, models: ModelsInUse | None) -> str:
    """What stands where the first words will appear."""
    if snapshot.state is LiveState.PAUSED:
        return "Paused. Nothing is recorded until you resume."
    if models is None:
        return "The models are still loading. Everything is being recorded; the text will catch up."
    if models.mode is Mode.RECORDING_ONLY:
        return "Recording without text: no recognizer could be loaded. The sound is kept safe."
    return "Listening. Words appear here moments after they are spoken."
