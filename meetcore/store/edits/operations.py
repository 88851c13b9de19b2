"""What each edit changes: words, segments and speakers of a stage.

Every function works inside the caller's transaction, and raises MeetingStateError where what it is
to change was changed or removed since.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from meetcore.records import Segment, Stage
from meetcore.store import transcript_rows
from meetcore.store.edits.history import changed_meanwhile
from meetcore.store.edits.rewording import reworded
from meetcore.store.queries import segments_of
from meetcore.store.rows import to_segment
from meetcore.store.schema import SegmentRow, SpeakerRow
from meetcore.text.speaker_labels import free_labels


def correct(
    session: Session,
    meeting_id: str,
    stage: Stage,
    position: int,
    text: str,
    expected: str | None,
) -> None:
    """Replace the text of a segment; a blank text removes the segment."""
    segment = _segment(session, meeting_id, stage, position)
    if expected is not None and segment.text.split() != expected.split():
        raise changed_meanwhile()
    words = reworded(segment.words, text)
    if words == segment.words:
        return
    machine = segment.machine if segment.machine is not None else segment.words
    # Corrected back to the recognizer's own text, it does not count as corrected.
    same = "".join(w.text for w in words).split() == "".join(w.text for w in machine).split()
    changed = replace(segment, words=words, machine=None if same else machine)
    _replace(session, meeting_id, stage, position, [changed] if words else [])


def correct_word(
    session: Session,
    meeting_id: str,
    stage: Stage,
    position: int,
    word_index: int,
    text: str,
    expected: str | None,
) -> None:
    """Replace one word of a segment; a blank text removes it."""
    segment = _segment(session, meeting_id, stage, position)
    if not 0 <= word_index < len(segment.words):
        raise changed_meanwhile()
    if expected is not None and segment.words[word_index].text.strip() != expected.strip():
        raise changed_meanwhile()
    texts = [word.text for word in segment.words]
    lead = " " if texts[word_index].startswith(" ") else ""
    texts[word_index] = f"{lead}{text.strip()}" if text.strip() else ""
    correct(session, meeting_id, stage, position, "".join(texts), None)


def assign(
    session: Session, meeting_id: str, stage: Stage, positions: Iterable[int], label: str | None
) -> str:
    """Assign segments to a speaker (None: to a new one); returns the speaker's label."""
    label = label or _free_label(session, meeting_id)
    transcript_rows.put_speakers(session, meeting_id, [label])
    for position in positions:
        _row(session, meeting_id, stage, position).speaker = label
    return label


def split(
    session: Session,
    meeting_id: str,
    stage: Stage,
    position: int,
    word_index: int,
    label: str | None,
) -> str:
    """Split a segment before a word, assign the second part; returns its speaker's label."""
    segment = _segment(session, meeting_id, stage, position)
    if not 0 < word_index < len(segment.words):
        raise changed_meanwhile()
    label = label or _free_label(session, meeting_id)
    head, tail = segment.words[:word_index], segment.words[word_index:]
    cut = max(segment.start, min(segment.end, tail[0].start))
    # Without `machine`: which of the recognizer's words belong to which part is unknown.
    parts = [
        Segment(segment.start, cut, segment.speaker, head),
        Segment(cut, segment.end, label, tail),
    ]
    _replace(session, meeting_id, stage, position, parts)
    return label


def merge_speakers(session: Session, meeting_id: str, label: str, into: str) -> None:
    """Merge a speaker into another in all stages, and take its name if the other has none."""
    merged = session.get(SpeakerRow, (meeting_id, label))
    transcript_rows.put_speakers(session, meeting_id, [into])
    kept = session.get_one(SpeakerRow, (meeting_id, into))
    if merged is not None and kept.name is None:
        kept.name, kept.similarity = merged.name, merged.similarity
        kept.profile_id = merged.profile_id
    session.execute(
        update(SegmentRow)
        .where(SegmentRow.meeting_id == meeting_id, SegmentRow.speaker == label)
        .values(speaker=into)
    )
    transcript_rows.rename_in_turns(session, meeting_id, label, into)
    if merged is not None:
        session.delete(merged)


def _replace(
    session: Session, meeting_id: str, stage: Stage, position: int, parts: list[Segment]
) -> None:
    """Replace one segment by others."""
    rows = session.scalars(
        select(SegmentRow)
        .where(*segments_of(meeting_id, stage), SegmentRow.position > position)
        .order_by(SegmentRow.position)
    )
    after = [to_segment(row) for row in rows]
    transcript_rows.put_segments(session, meeting_id, stage, position, [*parts, *after])


def _row(session: Session, meeting_id: str, stage: Stage, position: int) -> SegmentRow:
    row = session.get(SegmentRow, (meeting_id, stage.value, position))
    if row is None:
        raise changed_meanwhile()
    return row


def _segment(session: Session, meeting_id: str, stage: Stage, position: int) -> Segment:
    return to_segment(_row(session, meeting_id, stage, position))


def _free_label(session: Session, meeting_id: str) -> str:
    taken = {speaker.label for speaker in transcript_rows.get_speakers(session, meeting_id)}
    return next(free_labels(taken))
