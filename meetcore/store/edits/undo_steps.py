"""What a step changed in a meeting, small enough to keep: the stretches that differ, both ways."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from meetcore.records import Segment, Stage
from meetcore.store import transcript_rows
from meetcore.store.rows import stored_words, to_segment, to_words
from meetcore.store.schema import SegmentRow, SpeakerRow, TurnsRow

Plain = list[Any]
"""Rows as JSON says them."""


@dataclass(frozen=True, slots=True)
class State:
    """All of a meeting that a step may touch."""

    segments: dict[str, Plain]
    """By stage."""
    speakers: Plain
    turns: Plain


def state_of(session: Session, meeting_id: str, stages: Sequence[Stage]) -> State:
    """How a meeting stands now."""
    session.flush()
    segments = {stage.value: _segments(session, meeting_id, stage) for stage in stages}
    rows = session.scalars(
        select(SpeakerRow).where(SpeakerRow.meeting_id == meeting_id).order_by(SpeakerRow.label)
    )
    speakers = [[r.label, r.name, r.position, r.similarity, r.profile_id] for r in rows]
    row = session.get(TurnsRow, meeting_id)
    return State(segments, speakers, [list(turn) for turn in row.turns] if row else [])


def _segments(session: Session, meeting_id: str, stage: Stage) -> Plain:
    rows = session.scalars(
        select(SegmentRow)
        .where(SegmentRow.meeting_id == meeting_id, SegmentRow.stage == stage.value)
        .order_by(SegmentRow.position)
    )
    return [plain_segment(to_segment(row)) for row in rows]


def plain_segment(segment: Segment) -> Plain:
    """A segment as JSON says it."""
    machine = None if segment.machine is None else _plain_words(stored_words(segment.machine))
    return [
        float(segment.start),
        float(segment.end),
        segment.speaker,
        _plain_words(stored_words(segment.words)),
        machine,
    ]


def _plain_words(words: Sequence[Sequence[Any]]) -> Plain:
    return [list(word) for word in words]


def _segment(plain: Plain) -> Segment:
    start, end, speaker, words, machine = plain
    return Segment(
        start, end, speaker, to_words(words), None if machine is None else to_words(machine)
    )


def change_between(before: State, after: State) -> dict[str, Any]:
    """The stretches in which two states differ; empty where they are equal."""
    change: dict[str, Any] = {}
    for stage, old in before.segments.items():
        if part := _differing(old, after.segments[stage]):
            change.setdefault("segments", {})[stage] = part
    for name in ("speakers", "turns"):
        if part := _differing(getattr(before, name), getattr(after, name)):
            change[name] = part
    return change


def _differing(old: Plain, new: Plain) -> dict[str, Any] | None:
    if old == new:
        return None
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    tail = 0
    while tail < min(len(old), len(new)) - first and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return {
        "at": first,
        "old": old[first : len(old) - tail],
        "new": new[first : len(new) - tail],
    }


def swapped(change: dict[str, Any]) -> dict[str, Any]:
    """The change that takes this one back.

    >>> swapped({"turns": {"at": 0, "old": [1], "new": []}})
    {'turns': {'at': 0, 'old': [], 'new': [1]}}
    """
    if set(change) == {"at", "old", "new"}:
        return {"at": change["at"], "old": change["new"], "new": change["old"]}
    return {name: swapped(part) for name, part in change.items()}


def apply(session: Session, meeting_id: str, change: dict[str, Any]) -> bool:
    """Make a change; False, and nothing done, where its segments are not what stands there.

    Names that were given and turns that were found since then stay.
    """
    stages = [Stage(name) for name in change.get("segments", {})]
    now = state_of(session, meeting_id, stages)
    parts = [(now.segments[name], part) for name, part in change.get("segments", {}).items()]
    if not all(_stands(plain, part) for plain, part in parts):
        return False
    if "speakers" in change:
        _put_speakers(session, meeting_id, _speakers_with(now.speakers, change["speakers"]))
    if "turns" in change and _stands(now.turns, change["turns"]):
        turns = _with(now.turns, change["turns"])
        session.merge(TurnsRow(meeting_id=meeting_id, turns=[tuple(turn) for turn in turns]))
    for name, part in change.get("segments", {}).items():
        put_from(session, meeting_id, Stage(name), part["at"], _with(now.segments[name], part))
    return True


def _stands(plain: Plain, part: dict[str, Any]) -> bool:
    at, old = part["at"], part["old"]
    return json.dumps(plain[at : at + len(old)]) == json.dumps(old)


def _speakers_with(now: Plain, part: dict[str, Any]) -> Plain:
    """The speakers after a change, bar those that somebody changed since."""
    rows = {row[0]: row for row in now}
    old, new = ({row[0]: list(row) for row in part[side]} for side in ("old", "new"))
    for label in dict.fromkeys([*old, *new]):
        if rows.get(label) != old.get(label):
            continue
        if label in new:
            rows[label] = new[label]
        else:
            rows.pop(label, None)
    return list(rows.values())


def _with(plain: Plain, part: dict[str, Any]) -> Plain:
    at = part["at"]
    return [*plain[:at], *part["new"], *plain[at + len(part["old"]) :]]


def put_from(session: Session, meeting_id: str, stage: Stage, first: int, segments: Plain) -> None:
    """Write all segments from a position on."""
    fresh = [_segment(plain) for plain in segments[first:]]
    transcript_rows.put_segments(session, meeting_id, stage, first, fresh)


def _put_speakers(session: Session, meeting_id: str, speakers: Plain) -> None:
    session.execute(delete(SpeakerRow).where(SpeakerRow.meeting_id == meeting_id))
    session.expire_all()
    session.add_all(
        SpeakerRow(
            meeting_id=meeting_id,
            label=label,
            name=name,
            position=position,
            similarity=similarity,
            profile_id=profile_id,
        )
        for label, name, position, similarity, profile_id in speakers
    )
    session.flush()
