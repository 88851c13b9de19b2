"""The transcript of a running meeting, as it grows."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from meetcore.api import edits, speakers_json
from meetcore.records import Gap, LiveSnapshot, LiveState, Mode, ModelsInUse, Segment
from meetcore.text.languages import name_of
from meetcore.transcript.language_changes import language_changes, last_language
from pages.shared import element, state

RESENT_TURNS = 8
"""This many settled turns are sent each time, and those after them; what a script lacks of the
earlier ones it asks for. So an update costs the same whatever the meeting's length."""

draw_live = element.register(
    __file__, "transcript", "outbox", "send_change", "speaker_chips", "gaps", "turn_list"
)


def live_view(snapshot: LiveSnapshot, models: ModelsInUse | None) -> None:
    """Draw the transcript so far."""
    key = f"live-{snapshot.meeting_id}"

    def missing() -> None:
        have = state.component_value(key, "missing")
        if have is not None:
            settled, committed = have
            state.ask_rewind(snapshot.meeting_id, (int(settled), int(committed)))

    draw_live(
        key=key,
        data=live_payload(snapshot, models, state.take_rewind(snapshot.meeting_id)),
        on_missing_change=missing,
    )


def live_payload(
    snapshot: LiveSnapshot, models: ModelsInUse | None, rewind: tuple[int, int] | None = None
) -> dict[str, Any]:
    """The transcript as JSON for the script: what is new or may still change.

    Settled and committed turns are two lists with numbers of their own, as settled words replace
    the first committed ones.

    Parameters
    ----------
    rewind : how many settled and committed turns the script has; those after them are sent
    """
    shape = snapshot.shape
    has_settled, has_committed = rewind or (shape.settled, shape.replaced + shape.committed_frozen)
    first = max(0, min(shape.settled_frozen - RESENT_TURNS, has_settled))
    place = max(0, min(shape.committed_frozen - RESENT_TURNS, has_committed - shape.replaced))
    settled = _turns(snapshot.segments, first, shape.settled)
    committed = _turns(snapshot.segments, shape.settled + place, len(snapshot.segments))
    head = _turns(snapshot.segments, shape.settled, shape.settled + 1) if place else []
    offset = shape.replaced - shape.settled
    labels = [turn[0] for turn in (*settled, *committed)] + [snapshot.tentative_speaker]
    return {
        "meeting": snapshot.meeting_id,
        "edits": edits.ROUTE.format(id=snapshot.meeting_id),
        "settled": {"first": first, "frozen": shape.settled_frozen, "turns": settled},
        "committed": {
            "from": shape.replaced,
            "first": shape.replaced + place,
            "frozen": shape.replaced + shape.committed_frozen,
            "turns": committed,
            **({"head": head[0]} if head else {}),
        },
        "merged": dict(snapshot.merged),
        "gaps": [
            (number, round(gap.start, 1), round(gap.end, 1))
            for gap in snapshot.gaps
            if (number := turns_before(gap, snapshot.segments) + offset) >= shape.replaced + place
        ],
        "tentative": [word.text for word in snapshot.tentative],
        "tentativeSpeaker": snapshot.tentative_speaker,
        "tentativeStart": snapshot.tentative[0].start if snapshot.tentative else 0.0,
        "people": speakers_json.speakers_json(snapshot.speakers, labels),
        "waiting": waiting_line(snapshot, models),
    }


def _turns(segments: Sequence[Segment], first: int, stop: int) -> list[list[Any]]:
    """The turns between two places, as JSON."""
    # A few turns before tell the language, so that an update costs the same in the last hour.
    before = last_language(segments[max(0, first - RESENT_TURNS) : first])
    chosen = segments[first:stop]
    marks = language_changes(chosen, before)
    return [turn_json(segment, each) for segment, each in zip(chosen, marks, strict=True)]


def turn_json(segment: Segment, marks: dict[int, str]) -> list[Any]:
    """A turn: speaker, start, words, and by their place those with which the language changes."""
    words = [word.text for word in segment.words]
    names = {str(place): name_of(code) for place, code in marks.items()}
    return [segment.speaker, round(segment.start, 1), words, *([names] if names else [])]


def turns_before(gap: Gap, segments: Sequence[Segment]) -> int:
    """How many segments come before a gap; none goes on after one, as it is a long silence."""
    middle = (gap.start + gap.end) / 2
    return bisect_left(segments, middle, key=lambda segment: segment.start)


def waiting_line(snapshot: LiveSnapshot, models: ModelsInUse | None) -> str:
    """The text in place of the first words, until they come."""
    if snapshot.state in (LiveState.STOPPING, LiveState.STOPPED):
        return "Finishing: the whole recording is transcribed next."
    if snapshot.state is LiveState.PAUSED:
        return "Paused. Nothing is recorded until you resume."
    if models is None:
        return "The models are still loading. Everything is being recorded, and transcribed too."
    if models.mode is Mode.RECORDING_ONLY:
        return "Recording without text: no recognizer could be loaded. The sound is kept safe."
    return "Listening. Words appear here moments after they are spoken."
