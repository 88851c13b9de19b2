"""The full-text index of segments: SQLite's FTS5. Other databases have none and scan the table.

A row id is the meeting's serial and the segment's position, so that a meeting's rows are one
range and newer meetings come last. Only the transcript in force is indexed.

Source: https://www.sqlite.org/fts5.html
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from meetcore.store.queries import SHOWN, segments_of, stage_in_force
from meetcore.store.schema import MeetingRow, SegmentRow

TABLE = "spoken"
POSITION_BITS = 20
"""Bits of a row id that hold the position: up to a million segments a meeting."""
LONGEST_PREFIX = 4
"""Letters: FTS5 keeps an index of its own for prefixes up to this length."""


def create(connection: Connection) -> None:
    """Create the index and fill it from the segments there are."""
    if connection.dialect.name != "sqlite":
        return
    connection.execute(
        text(
            f"CREATE VIRTUAL TABLE {TABLE} USING fts5(text,"
            " tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3 4')"
        )
    )
    connection.execute(
        text(
            f"INSERT INTO {TABLE} (rowid, text)"
            f" SELECT (m.serial << {POSITION_BITS}) + s.position, s.text"
            " FROM segments AS s JOIN meetings AS m ON m.id = s.meeting_id"
            " WHERE s.stage = m.transcript_stage"
        )
    )


def drop(connection: Connection) -> None:
    """Drop the index."""
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"DROP TABLE {TABLE}"))


def is_sound(session: Session) -> bool:
    """Whether the index can be read and has each segment of the transcripts in force once."""
    if not is_available(session):
        return True
    try:
        session.execute(text(f"INSERT INTO {TABLE} ({TABLE}) VALUES ('integrity-check')"))
        rows = session.execute(text(f"SELECT rowid FROM {TABLE}")).scalars().all()
    except DatabaseError:
        return False
    wanted: list[int] = []
    for meeting in session.scalars(select(MeetingRow).where(SHOWN)):
        stage = stage_in_force(session, meeting)
        positions = select(SegmentRow.position).where(*segments_of(meeting.id, stage))
        wanted += [
            row_id(meeting.serial, each)
            for each in session.scalars(positions)
            if isinstance(each, int)
        ]
    return sorted(rows) == sorted(wanted)


def rebuild(session: Session) -> None:
    """Make the index anew from the segments, whatever state it is in."""
    if not is_available(session):
        return
    connection = session.connection()
    drop(connection)
    create(connection)
    for meeting in session.scalars(select(MeetingRow)):
        refresh(session, meeting)


def is_available(session: Session) -> bool:
    """Whether this database has the index."""
    return session.get_bind().dialect.name == "sqlite"


def row_id(serial: int, position: int) -> int:
    """The index row of a segment."""
    return (serial << POSITION_BITS) + position


def split_row_id(row: int) -> tuple[int, int]:
    """Serial and position of an index row.

    >>> split_row_id(row_id(3, 14))
    (3, 14)
    """
    return row >> POSITION_BITS, row & ((1 << POSITION_BITS) - 1)


def refresh(session: Session, meeting: MeetingRow, first_position: int = 0) -> None:
    """Index the transcript in force again from a position on; a hidden meeting is removed."""
    if not is_available(session):
        return
    session.flush()
    remove(session, meeting, first_position)
    if meeting.hidden_at is not None:
        return
    session.execute(
        text(
            f"INSERT INTO {TABLE} (rowid, text) SELECT :base + position, text FROM segments"
            " WHERE meeting_id = :id AND stage = :stage AND position >= :first"
        ),
        {
            "base": row_id(meeting.serial, 0),
            "id": meeting.id,
            "stage": stage_in_force(session, meeting).value,
            "first": first_position,
        },
    )


def remove(session: Session, meeting: MeetingRow, first_position: int = 0) -> None:
    """Remove a meeting's rows from the index, from a position on."""
    if not is_available(session):
        return
    session.execute(
        text(f"DELETE FROM {TABLE} WHERE rowid BETWEEN :first AND :last"),
        {
            "first": row_id(meeting.serial, first_position),
            "last": row_id(meeting.serial + 1, 0) - 1,
        },
    )


def matching_meetings(session: Session, match: str) -> list[int]:
    """Serials of the meetings with a match, oldest first.

    Each step looks up the first match after the last meeting found, so that a common word costs
    one step a meeting instead of one a segment. Ascending, because FTS5 is ten times slower
    descending.
    """
    first = f"SELECT rowid >> {POSITION_BITS} FROM {TABLE} WHERE {TABLE} MATCH :match"
    rows = session.execute(
        text(
            "WITH RECURSIVE found(serial) AS ("
            f"SELECT ({first} ORDER BY rowid LIMIT 1) UNION ALL"
            f" SELECT ({first} AND rowid >= ((found.serial + 1) << {POSITION_BITS})"
            " ORDER BY rowid LIMIT 1) FROM found WHERE found.serial IS NOT NULL)"
            " SELECT serial FROM found WHERE serial IS NOT NULL"
        ),
        {"match": match},
    )
    return [serial for (serial,) in rows]


def count_matches(session: Session, match: str) -> dict[int, int]:
    """How many segments of each meeting match, by serial; reads all matches once."""
    rows = session.execute(
        text(
            f"SELECT rowid >> {POSITION_BITS}, count(*) FROM {TABLE}"
            f" WHERE {TABLE} MATCH :match GROUP BY 1"
        ),
        {"match": match},
    )
    return {serial: count for serial, count in rows}


def first_matches(
    session: Session, match: str, serials: Collection[int], limit: int
) -> dict[int, list[int]]:
    """Positions of the first matches in each of these meetings; reads all matches once."""
    found: dict[int, list[int]] = {serial: [] for serial in serials}
    if not found:
        return found
    rows = session.execute(
        text(
            f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH :match"
            " AND rowid BETWEEN :first AND :last ORDER BY rowid"
        ),
        {"match": match, "first": row_id(min(found), 0), "last": row_id(max(found) + 1, 0) - 1},
    )
    for (row,) in rows:
        serial, position = split_row_id(row)
        positions = found.get(serial)
        if positions is not None and len(positions) < limit:
            positions.append(position)
    return found


def count_in_meeting(session: Session, match: str, serial: int) -> int:
    """How many segments of one meeting match."""
    counted = text(
        f"SELECT count(*) FROM {TABLE} WHERE {TABLE} MATCH :match"
        " AND rowid BETWEEN :first AND :last"
    )
    return int(session.scalar(counted, {"match": match, **_range(serial)}) or 0)


def find_matches(
    session: Session, match: str, serial: int | None, limit: int
) -> list[tuple[int, int]]:
    """Serial and position of matching segments: of one meeting in order, else newest first."""
    within, order, span = "", "DESC", {}
    if serial is not None:
        within, order = " AND rowid BETWEEN :first AND :last", "ASC"
        span = _range(serial)
    rows = session.execute(
        text(
            f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH :match{within}"
            f" ORDER BY rowid {order} LIMIT :limit"
        ),
        {"match": match, "limit": limit, **span},
    )
    return [split_row_id(row) for (row,) in rows]


def _range(serial: int) -> dict[str, int]:
    return {"first": row_id(serial, 0), "last": row_id(serial + 1, 0) - 1}
