"""Reads and writes segments, speakers, turns and rejected text of one meeting.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from meetcore.errors import StoreError
from meetcore.records import RejectedText, Segment, Speaker, Stage, Transcript, Turn
from meetcore.store.damage import whole, whole_number
from meetcore.store.queries import segments_of, stage_in_force
from meetcore.store.rows import (
    exclusive_turns,
    rejected_row,
    segment_row,
    to_rejected,
    to_segment,
    to_speaker,
    to_turns,
)
from meetcore.store.schema import (
    MeetingRow,
    RejectedRow,
    SegmentRow,
    SpeakerRow,
    StoredTurn,
    TurnsRow,
)
from meetcore.store.search import index
from meetcore.transcript.reattribution import speakers_of


def count_segments(session: Session, meeting_id: str, stage: Stage) -> int:
    """How many segments the stage has; also the position of the next one."""
    highest = session.scalar(
        select(func.max(SegmentRow.position)).where(*segments_of(meeting_id, stage))
    )
    return (
        0 if highest is None else whole("transcript", meeting_id, lambda: whole_number(highest)) + 1
    )


def put_segments(
    session: Session,
    meeting_id: str,
    stage: Stage,
    first_position: int,
    segments: Sequence[Segment],
) -> None:
    """Replace all segments of the stage from a position on.

    Raises
    ------
    StoreError
        The position is past the end, which would leave a gap; save the earlier segments first.
    """
    count = count_segments(session, meeting_id, stage)
    if not 0 <= first_position <= count:
        raise StoreError(
            f"Segments of meeting {meeting_id} cannot begin at {first_position}: there are {count}."
            " Save the earlier ones first."
        )
    session.execute(
        delete(SegmentRow).where(
            *segments_of(meeting_id, stage), SegmentRow.position >= first_position
        )
    )
    session.add_all(
        segment_row(meeting_id, stage, position, segment)
        for position, segment in enumerate(segments, first_position)
    )
    put_speakers(session, meeting_id, labels_of(segments))
    meeting = session.get_one(MeetingRow, meeting_id)
    if stage_in_force(session, meeting) is stage:
        index.refresh(session, meeting, first_position)


def merge_labels(
    session: Session, meeting_id: str, stage: Stage, merged: Mapping[str, str]
) -> None:
    """Replace labels in all segments of the stage, old to new, without rewriting their words."""
    put_speakers(session, meeting_id, merged.values())
    for old, new in merged.items():
        session.execute(
            update(SegmentRow)
            .where(*segments_of(meeting_id, stage), SegmentRow.speaker == old)
            .values(speaker=new)
        )


def put_speakers(session: Session, meeting_id: str, labels: Iterable[str]) -> None:
    """Add the speakers that are missing, in the given order, after the existing ones."""
    known = speaker_rows(session, meeting_id)
    missing = dict.fromkeys(label for label in labels if label not in known)
    first = 1 + whole(
        "list of speakers",
        meeting_id,
        lambda: max((whole_number(row.position) for row in known.values()), default=-1),
    )
    session.add_all(
        SpeakerRow(meeting_id=meeting_id, label=label, name=None, position=position)
        for position, label in enumerate(missing, first)
    )
    session.flush()


def put_name(session: Session, meeting_id: str, label: str, name: str | None) -> None:
    """Name a speaker, adding it where it is missing; None or blanks remove the name."""
    put_speakers(session, meeting_id, [label])
    row = speaker_rows(session, meeting_id)[label]
    row.name = (name or "").strip() or None
    row.similarity = row.profile_id = None


def get_turns(session: Session, meeting_id: str) -> tuple[Turn, ...]:
    """The speaker turns, overlaps included."""
    row = session.get(TurnsRow, meeting_id)
    return to_turns(row) if row else ()


def get_exclusive_turns(session: Session, meeting_id: str) -> tuple[Turn, ...]:
    """The speaker turns without overlaps; those with overlaps where an older version made them."""
    row = session.get(TurnsRow, meeting_id)
    if row is None or not row.exclusive:
        return get_turns(session, meeting_id)
    return exclusive_turns(row)


def put_turns(
    session: Session,
    meeting_id: str,
    turns: Iterable[Turn],
    exclusive: Iterable[Turn] | None = None,
) -> None:
    """Replace all speaker turns.

    Parameters
    ----------
    exclusive : the turns without overlaps; None where they are not known
    """
    stored = None if exclusive is None else _stored_turns(exclusive)
    session.merge(TurnsRow(meeting_id=meeting_id, turns=_stored_turns(turns), exclusive=stored))


def rename_in_turns(session: Session, meeting_id: str, label: str, into: str) -> None:
    """Give the turns of one speaker to another."""
    row = session.get(TurnsRow, meeting_id)
    if row is None:
        return
    for name in ("turns", "exclusive"):
        turns = getattr(row, name) or []
        renamed = [(start, end, into if who == label else who) for start, end, who in turns]
        setattr(row, name, renamed or getattr(row, name))


def _stored_turns(turns: Iterable[Turn]) -> list[StoredTurn]:
    return [(float(turn.start), float(turn.end), turn.speaker) for turn in turns]


def put_rejected(
    session: Session, meeting_id: str, stage: Stage, rejected: Iterable[RejectedText]
) -> None:
    """Add rejected text."""
    session.add_all(rejected_row(meeting_id, stage, text) for text in rejected)


def put_transcript(session: Session, meeting_id: str, transcript: Transcript) -> None:
    """Replace the segments and rejected text of the transcript's stage; existing names are kept.

    The transcript's speakers move to the front. Other speakers stay, as the transcript of
    another stage may still refer to them.
    """
    stage = transcript.stage
    session.execute(
        delete(RejectedRow).where(
            RejectedRow.meeting_id == meeting_id, RejectedRow.stage == stage.value
        )
    )
    put_rejected(session, meeting_id, stage, transcript.rejected)
    given = [speaker.label for speaker in transcript.speakers]
    put_speakers(session, meeting_id, given)
    put_segments(session, meeting_id, stage, 0, transcript.segments)
    rows = speaker_rows(session, meeting_id)
    for speaker in transcript.speakers:
        row = rows[speaker.label]
        if row.name is None and speaker.name is not None:
            row.name, row.similarity = speaker.name, speaker.similarity
            row.profile_id = speaker.profile_id
    for position, label in enumerate(dict.fromkeys([*given, *rows])):
        rows[label].position = position


def get_transcript(session: Session, meeting_id: str, stage: Stage) -> Transcript:
    """The transcript of a stage, with the speakers of its segments in order of appearance."""
    segments = tuple(
        to_segment(row)
        for row in session.scalars(
            select(SegmentRow).where(*segments_of(meeting_id, stage)).order_by(SegmentRow.position)
        )
    )
    speakers = speakers_of(segments, get_speakers(session, meeting_id))
    rejected = session.scalars(
        select(RejectedRow)
        .where(RejectedRow.meeting_id == meeting_id, RejectedRow.stage == stage.value)
        .order_by(RejectedRow.id)
    )
    return Transcript(segments, speakers, stage, tuple(map(to_rejected, rejected)))


def get_speakers(session: Session, meeting_id: str) -> tuple[Speaker, ...]:
    """All speakers of a meeting, of all stages, in order."""
    return tuple(map(to_speaker, speaker_rows(session, meeting_id).values()))


def labels_of(segments: Iterable[Segment]) -> tuple[str, ...]:
    """The speaker labels of segments, in order of appearance."""
    return tuple(dict.fromkeys(item.speaker for item in segments if item.speaker is not None))


def speaker_rows(session: Session, meeting_id: str) -> dict[str, SpeakerRow]:
    """The rows of a meeting's speakers by label, in order."""
    rows = session.scalars(
        select(SpeakerRow).where(SpeakerRow.meeting_id == meeting_id).order_by(SpeakerRow.position)
    )
    return {row.label: row for row in rows}
