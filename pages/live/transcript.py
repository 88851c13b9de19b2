"""The transcript of a running meeting, as it grows."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from meetcore.api import edits, speakers_json
from meetcore.records import Gap, LiveSnapshot, LiveState, Mode, ModelsInUse, Segment
from pages.shared import element, state

RESENT_TURNS = 8
"""The words of this many last turns are sent each time; a script that lacks earlier ones asks."""

draw_live = element.register(
    __file__, "transcript", "outbox", "send_change", "speaker_chips", "gaps"
)


def live_view(snapshot: LiveSnapshot, models: ModelsInUse | None) -> None:
    """Draw the transcript so far."""
    key = f"live-{snapshot.meeting_id}"

    def missing() -> None:
        have = state.component_value(key, "missing")
        if have is not None:
            state.ask_rewind(snapshot.meeting_id, int(have))

    draw_live(
        key=key,
        data=live_payload(snapshot, models, state.take_rewind(snapshot.meeting_id)),
        on_missing_change=missing,
    )


def live_payload(
    snapshot: LiveSnapshot, models: ModelsInUse | None, rewind: int | None = None
) -> dict[str, Any]:
    """The transcript as JSON for the script: all turns, and the words of the last ones."""
    turns, gaps = turns_and_gaps(snapshot.segments, snapshot.gaps)
    first = sum(count for count, _, _ in turns[:-RESENT_TURNS])
    if rewind is not None:
        first = min(first, rewind)
    words = [word.text for segment in snapshot.segments for word in segment.words]
    labels = [segment.speaker for segment in snapshot.segments] + [snapshot.tentative_speaker]
    return {
        "meeting": snapshot.meeting_id,
        "edits": edits.ROUTE.format(id=snapshot.meeting_id),
        "first": first,
        "words": words[first:],
        "turns": turns,
        "gaps": gaps,
        "tentative": [word.text for word in snapshot.tentative],
        "tentativeSpeaker": snapshot.tentative_speaker,
        "tentativeStart": snapshot.tentative[0].start if snapshot.tentative else 0.0,
        "people": speakers_json.speakers_json(snapshot.speakers, labels),
        "waiting": waiting_line(snapshot, models),
    }


def turns_and_gaps(
    segments: Sequence[Segment], gaps: Sequence[Gap]
) -> tuple[list[tuple[int, str | None, float]], list[tuple[int, float, float]]]:
    """Turns as (words, speaker, start), and gaps as (turns before it, start, end); seconds.

    A segment that goes on after a gap is two turns.
    """
    turns: list[tuple[int, str | None, float]] = []
    placed: list[tuple[int, float, float]] = []
    waiting = deque(gaps)
    for segment in segments:
        words = segment.words
        while waiting and waiting[0].start < segment.end:
            gap = waiting.popleft()
            before = sum(word.start < (gap.start + gap.end) / 2 for word in words)
            if before:
                turns.append((before, segment.speaker, round(words[0].start, 1)))
            placed.append((len(turns), round(gap.start, 1), round(gap.end, 1)))
            words = words[before:]
        if words:
            turns.append((len(words), segment.speaker, round(words[0].start, 1)))
    placed += [(len(turns), round(gap.start, 1), round(gap.end, 1)) for gap in waiting]
    return turns, placed


def waiting_line(snapshot: LiveSnapshot, models: ModelsInUse | None) -> str:
    """The text in place of the first words, until they come."""
    if snapshot.state in (LiveState.STOPPING, LiveState.STOPPED):
        return "Finishing: the whole recording is transcribed next."
    if snapshot.state is LiveState.PAUSED:
        return "Paused. Nothing is recorded until you resume."
    if models is None:
        return "The models are still loading. Everything is being recorded; the text will catch up."
    if models.mode is Mode.RECORDING_ONLY:
        return "Recording without text: no recognizer could be loaded. The sound is kept safe."
    return "Listening. Words appear here moments after they are spoken."
