"""The change that an edit makes, as JSON: where two states differ, old and new rows.

Every function that takes a Session works inside the caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from meetcore.records import Segment, Stage, Word
from meetcore.store import transcript_rows
from meetcore.store.damage import items, whole, whole_number
from meetcore.store.queries import segments_of
from meetcore.store.rows import stored_words, to_segment, to_words
from meetcore.store.schema import SegmentRow, SpeakerRow, TurnsRow

JsonRows = list[Any]
"""Rows as JSON values."""


@dataclass(frozen=True, slots=True)
class TranscriptState:
    """Everything of a meeting that an edit may change."""

    segments: dict[str, JsonRows]
    """By stage."""
    speakers: JsonRows
    turns: JsonRows
    exclusive: JsonRows
    """The turns without overlaps."""


def read_state(session: Session, meeting_id: str, stages: Sequence[Stage]) -> TranscriptState:
    """The current state, with the segments of these stages."""
    session.flush()
    segments = {stage.value: _segments(session, meeting_id, stage) for stage in stages}
    rows = session.scalars(
        select(SpeakerRow).where(SpeakerRow.meeting_id == meeting_id).order_by(SpeakerRow.label)
    )
    speakers = [[r.label, r.name, r.position, r.similarity, r.profile_id] for r in rows]
    row = session.get(TurnsRow, meeting_id)
    turns, exclusive = (row.turns, row.exclusive or []) if row else ([], [])
    return TranscriptState(
        segments, speakers, _turns(meeting_id, turns), _turns(meeting_id, exclusive)
    )


def _turns(meeting_id: str, stored: object) -> JsonRows:
    return whole("list of who spoke when", meeting_id, lambda: items(stored, 3))


def _segments(session: Session, meeting_id: str, stage: Stage) -> JsonRows:
    rows = session.scalars(
        select(SegmentRow).where(*segments_of(meeting_id, stage)).order_by(SegmentRow.position)
    )
    return [_from_segment(to_segment(row)) for row in rows]


def _from_segment(segment: Segment) -> JsonRows:
    machine = None if segment.machine is None else _from_words(segment.machine)
    return [
        float(segment.start),
        float(segment.end),
        segment.speaker,
        _from_words(segment.words),
        machine,
    ]


def _from_words(words: Sequence[Word]) -> JsonRows:
    return [list(word) for word in stored_words(words)]


def _to_segment(row: JsonRows) -> Segment:
    start, end, speaker, words, machine = row
    return Segment(
        start, end, speaker, to_words(words), None if machine is None else to_words(machine)
    )


def change_between(before: TranscriptState, after: TranscriptState) -> dict[str, Any]:
    """Where two states differ; empty where they are equal.

    For each list that differs: "at" (the first row that differs), "old" and "new" (the rows
    between the common head and the common tail).
    """
    change: dict[str, Any] = {}
    for stage, old in before.segments.items():
        if part := _difference(old, after.segments[stage]):
            change.setdefault("segments", {})[stage] = part
    for name in ("speakers", "turns", "exclusive"):
        if part := _difference(getattr(before, name), getattr(after, name)):
            change[name] = part
    return change


def _difference(old: JsonRows, new: JsonRows) -> dict[str, Any] | None:
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


def stored_change(meeting_id: str, stored: object) -> dict[str, Any]:
    """A change as `change_between` made it, read from its row; raises DamagedRowError."""
    return whole("list of edits", meeting_id, lambda: _checked_change(stored))


def _checked_change(stored: object) -> dict[str, Any]:
    if not isinstance(stored, dict):
        raise ValueError("no change")
    segments = stored.get("segments", {})
    for stage, part in segments.items():
        Stage(stage)
        for side in ("old", "new"):
            for row in _checked_part(part)[side]:
                _to_segment(row)
    lengths = {"speakers": 5, "turns": 3, "exclusive": 3}
    for name, length in lengths.items():
        if name in stored:
            part = _checked_part(stored[name])
            items(part["old"], length)
            items(part["new"], length)
    return {name: stored[name] for name in ("segments", *lengths) if name in stored}


def _checked_part(part: dict[str, Any]) -> dict[str, Any]:
    if whole_number(part["at"]) < 0:
        raise ValueError("no position")
    return part


def inverse(change: dict[str, Any]) -> dict[str, Any]:
    """The change that undoes this one.

    >>> inverse({"turns": {"at": 0, "old": [1], "new": []}})
    {'turns': {'at': 0, 'old': [], 'new': [1]}}
    """
    if set(change) == {"at", "old", "new"}:
        return {"at": change["at"], "old": change["new"], "new": change["old"]}
    return {name: inverse(part) for name, part in change.items()}


def apply_change(session: Session, meeting_id: str, change: dict[str, Any]) -> bool:
    """Apply a change; False, and nothing is done, where the segments are not its old ones.

    Speakers and turns that were changed since the edit are left as they are.
    """
    stages = [Stage(name) for name in change.get("segments", {})]
    now = read_state(session, meeting_id, stages)
    parts = [(now.segments[name], part) for name, part in change.get("segments", {}).items()]
    if not all(_has_old_rows(rows, part) for rows, part in parts):
        return False
    if "speakers" in change:
        _put_speakers(session, meeting_id, _changed_speakers(now.speakers, change["speakers"]))
    _change_turns(session, meeting_id, now, change)
    for name, part in change.get("segments", {}).items():
        _put_segments(
            session, meeting_id, Stage(name), _changed(now.segments[name], part), part["at"]
        )
    return True


def _change_turns(
    session: Session, meeting_id: str, now: TranscriptState, change: dict[str, Any]
) -> None:
    row = session.get(TurnsRow, meeting_id)
    for name in ("turns", "exclusive"):
        rows = getattr(now, name)
        if row is not None and name in change and _has_old_rows(rows, change[name]):
            setattr(row, name, [tuple(turn) for turn in _changed(rows, change[name])])


def _has_old_rows(rows: JsonRows, part: dict[str, Any]) -> bool:
    at, old = part["at"], part["old"]
    return json.dumps(rows[at : at + len(old)]) == json.dumps(old)


def _changed_speakers(now: JsonRows, part: dict[str, Any]) -> JsonRows:
    """The speakers after a change; those changed since the edit stay as they are."""
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


def _changed(rows: JsonRows, part: dict[str, Any]) -> JsonRows:
    at = part["at"]
    return [*rows[:at], *part["new"], *rows[at + len(part["old"]) :]]


def _put_segments(
    session: Session, meeting_id: str, stage: Stage, segments: JsonRows, first: int
) -> None:
    """Write the segments from position `first` on."""
    fresh = [_to_segment(row) for row in segments[first:]]
    transcript_rows.put_segments(session, meeting_id, stage, first, fresh)


def _put_speakers(session: Session, meeting_id: str, speakers: JsonRows) -> None:
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
